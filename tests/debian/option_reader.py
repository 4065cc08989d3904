"""Runs in a Debian with OpenStack: a service's own loader reads its files, then every option of them is asked for.

Its input is JSON: the service, and by name the files that are read together. Its output is JSON, by the same names:
what is wrong with them, as sentences. An option counts as known when the service has registered it, or when the
service or a library of OpenStack declares it as its own for oslo.config's tools (entry points `oslo.config.opts`).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from functools import cache
from importlib.metadata import entry_points

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

LIBRARIES = ("oslo", "keystonemiddleware", "osprofiler", "cotyledon", "castellan")
"""How the entry points of libraries begin, which register options when they are first used."""


def read_nova(files):
    """parse_args, with which each program of Nova begins, without a database and a message bus."""
    from nova import config

    config.parse_args(["nova"], default_config_files=files, configure_db=False, init_rpc=False)
    return cfg.CONF


def read_glance(files):
    """parse_args of the API, and the options of each store that it then opens, its own two included."""
    import glance_store
    from glance.common import config, wsgi

    config.parse_args(args=[], default_config_files=files)
    glance_store.register_store_opts(cfg.CONF, reserved_stores=wsgi.RESERVED_STORES)
    return cfg.CONF


def read_keystone(files):
    """What keystone.server.wsgi does before there is a database."""
    import keystone.conf
    from keystone.server import configure

    keystone.conf.configure()
    configure(version=None, config_files=files)
    return cfg.CONF


def read_placement(files):
    """What placement.wsgi does: options in an object of their own."""
    from placement import conf

    config = cfg.ConfigOpts()
    conf.register_opts(config)
    config([], project="placement", default_config_files=files)
    return config


def read_cinder(files):
    """cinder-volume and cinder-backup, with the drivers that the file names."""
    from cinder import objects
    from cinder.cmd import volume

    objects.register_all()  # main() does so before it imports what needs them
    from cinder.backup import manager as backup  # noqa: F401 -- registers the options of backups
    from cinder.volume import configuration, driver, manager

    cfg.CONF([], project="cinder", default_config_files=files)
    for name in cfg.CONF.enabled_backends or []:
        cfg.CONF.register_opt(volume.host_opt, group=name)
        own = configuration.Configuration(manager.volume_backend_opts, config_group=name)
        own.append_config_values(driver.volume_opts)
        module, _, kind = own.volume_driver.rpartition(".")
        own.append_config_values(getattr(importlib.import_module(module), kind).get_driver_options())
    importlib.import_module(cfg.CONF.backup_driver.rpartition(".")[0])
    return cfg.CONF


def read_heat(files):
    """The engine and both API programs."""
    importlib.import_module("heat.common.config").set_config_defaults()
    importlib.import_module("heat.engine.service")
    cfg.CONF([], project="heat", prog="heat-engine", default_config_files=files)
    return cfg.CONF


def read_neutron(files):
    """The common start of all programs of Neutron."""
    from neutron.common import config

    config.register_common_config_options()
    config.init([], default_config_files=files)
    return cfg.CONF


def read_octavia(files):
    """The common start of all programs of Octavia."""
    from octavia.common import config

    config.init([], default_config_files=files)
    return cfg.CONF


def read_telemetry(service):
    """prepare_service of Ceilometer, Aodh or Gnocchi, which also finishes the options of Keystone."""

    def read(files):
        if service == "gnocchi":
            return importlib.import_module("gnocchi.service").prepare_service([], default_config_files=files)
        arguments = ["ceilometer"] if service == "ceilometer" else []
        return importlib.import_module(f"{service}.service").prepare_service(arguments, config_files=files)

    return read


PLUGINS = {"octavia": "octavia.api.drivers.ovn"}
"""Other programs whose options stand in the files of a service, by their entry point."""

SERVICES = {
    "aodh": (read_telemetry("aodh"), "aodh.service aodh.opts"),
    "ceilometer": (read_telemetry("ceilometer"), "ceilometer.service"),
    "cinder": (read_cinder, "cinder.cmd.volume"),
    "glance": (read_glance, "glance_store glance.common.wsgi"),
    "gnocchi": (read_telemetry("gnocchi"), "gnocchi.service"),
    "heat": (read_heat, "heat.engine.service"),
    "keystone": (read_keystone, "keystone.server"),
    "neutron": (read_neutron, "neutron.common.config"),
    "nova": (read_nova, "nova.config"),
    "octavia": (read_octavia, "octavia.common.config"),
    "placement": (read_placement, "placement.conf"),
}
"""For each service the start of its programs, which takes files and gives the object that holds their options.

And the modules that take long to import: once is enough.
"""


@cache
def declared(service):
    """Options by section and name that the service or a library has for oslo.config's tools, old names too."""
    found = {}
    for entry in entry_points(group="oslo.config.opts"):
        mine = entry.module.partition(".")[0] == service or entry.name == PLUGINS.get(service)
        if mine or entry.name.startswith(LIBRARIES):
            for section, options in entry.load()():
                name = getattr(section, "name", section) or "DEFAULT"
                for option in options:
                    found.setdefault((name, option.dest), option)
    return found


def registered(config, section, name):
    """Whether the service has the option by now."""
    group = config._groups.get(section)
    options = config._opts if section == "DEFAULT" else (group._opts if group else {})
    return name in options


def ask(config, service, section, name):
    """Get an option out of the configuration, as the program would. Raises what oslo.config raises."""
    if not registered(config, section, name):
        option = declared(service).get((section, name))
        if option is None:
            raise LookupError("is no option")
        config.register_opt(option, group=None if section == "DEFAULT" else section)
    return config[name] if section == "DEFAULT" else config[section][name]


def read(service, files):
    """What is wrong with the files that a service reads together."""
    config = SERVICES[service][0](files)
    wrong = []
    for file in files:
        sections = {}
        cfg.ConfigParser(file, sections).parse()
        for section, settings in sections.items():
            if "auth_type" in settings:
                wrong += log_in(config, service, section)
            for key in settings:
                try:
                    ask(config, service, section, key.replace("-", "_"))
                except (LookupError, cfg.Error, ValueError) as error:
                    wrong.append(f"[{section}] {key}: {error}")
    return wrong


def log_in(config, service, section):
    """Register what a section needs for logging in at Keystone, and make the plugin that does so; what went wrong."""
    try:
        for name in ("auth_section", "auth_type"):
            ask(config, service, section, name)
        loading.load_auth_from_conf_options(config, section)
    except (LookupError, cfg.Error, exceptions.ClientException) as error:
        return [f"[{section}] cannot log in: {error}"]
    return []


def read_apart(service, files):
    """What is wrong, found out by a process of its own: a service starts once in the life of a process."""
    ours, theirs = os.pipe()
    if not os.fork():
        try:
            wrong = read(service, files)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a start ends with is the answer
            wrong = [f"{type(error).__name__}: {error}"]
        with os.fdopen(theirs, "w") as answer:
            json.dump(wrong, answer)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        wrong = json.load(answer)
    os.wait()
    return wrong


def main():
    """Read each group of files and say what was wrong."""
    plan = json.load(sys.stdin)
    service = plan["service"]
    sys.argv = [service]
    for module in SERVICES[service][1].split():
        importlib.import_module(module)
    declared(service)
    told = {name: read_apart(service, files) for name, files in plan["files"].items()}
    sys.stdout.write("\n" + json.dumps(told))


if __name__ == "__main__":
    main()
