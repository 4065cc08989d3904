"""Apache, the dashboard and uWSGI of a real Debian 13 read the files that bundles bring for them."""

from __future__ import annotations

import pytest

from tests.daemons.conftest import SAMPLE
from tests.debian.conftest import Each, members
from tests.debian.test_daemons import judged

APACHE = """
a2enmod -q wsgi
for site in 000-default default-ssl openstack-dashboard-alias-only; do
    [ ! -e "/etc/apache2/sites-enabled/$site.conf" ] || a2dissite -q "$site" > /dev/null
done
a2ensite -q openstack-dashboard > /dev/null
apache2ctl configtest 2>&1 | grep -v -e AH00557 -e AH00558
apache2ctl -t -D DUMP_VHOSTS 2> /dev/null | sed -nE 's/^(\\*|[0-9a-f.:]+|\\[.*\\]):([0-9]+) .*/port \\2/p'
"""
"""The commands of the step that starts the dashboard; AH00557 and AH00558 say that there is no name server here."""


def test_apache_accepts_the_site_of_the_dashboard(each: Each) -> None:
    """With Debian's own modules and files, and one site."""
    told = each(APACHE, "/etc/apache2/sites-available/openstack-dashboard.conf", "/etc/apache2/*", among=members())
    assert set(told.values()) == {"Syntax OK\nport 80"}


DASHBOARD = """
cd /usr/share/openstack-dashboard
cat > /tmp/ask.py <<'END'
import os, sys
sys.path.insert(0, "/usr/share/openstack-dashboard")
os.environ["DJANGO_SETTINGS_MODULE"] = "openstack_dashboard.settings"
import django
from django.conf import settings
django.setup()
print(settings.SESSION_ENGINE, settings.CACHES["default"]["BACKEND"], settings.SECRET_KEY, settings.DEBUG)
END
python3 /tmp/ask.py 2> /tmp/wrong || cat /tmp/wrong
"""


def test_the_dashboard_takes_its_settings(each: Each) -> None:
    """Django starts with them, and they are what counts after those of Debian's packages."""
    told = each(DASHBOARD, "/etc/openstack-dashboard/local_settings.d/*", among=members())
    assert set(told.values()) == {
        f"django.contrib.sessions.backends.cache django.core.cache.backends.memcached.PyMemcacheCache {SAMPLE} False"
    }


UWSGI = """
cat > /tmp/look.py <<'END'
import importlib.util, pathlib, re, sys
module, _, name = sys.argv[1].partition(":")
found = importlib.util.find_spec(module)
assert re.search(rf"^ *{name} = ", pathlib.Path(found.origin).read_text(), re.MULTILINE)
END
echo 'def application(environ, start_response): pass' > /tmp/stand-in.py
for conf in "$case"etc/*/*-uwsgi.ini; do
    module=$(sed -n 's/^module = //p' "$conf")
    file=$(sed -n 's/^wsgi-file = //p' "$conf")
    if [ -n "$module" ]; then python3 /tmp/look.py "$module"; else test -f "$file"; fi
    sed -e '/^start-time = /d' -e 's/^module = .*/wsgi-file = x/' "$conf" |
        sed 's/^wsgi-file = .*/wsgi-file = \\/tmp\\/stand-in.py/' > /tmp/uwsgi.ini
    : > /tmp/said
    uwsgi_python3 --strict --ini /tmp/uwsgi.ini > /tmp/said 2>&1 &
    until grep -q 'spawned uWSGI worker 1 ' /tmp/said; do
        kill -0 $! 2> /dev/null || { cat /tmp/said; exit 3; }
        sleep 0.05
    done
    kill -KILL $!
    wait $! 2> /dev/null || true
    pkill -KILL -x uwsgi_python3 || true
done
echo "all well"
"""
"""The real application wants its database: its module or file has to be there, and another one stands in for it.

start-time is no option of uWSGI: Neutron asks for it by that name, and uWSGI keeps what it does not know for programs.
"""


@pytest.mark.parametrize(
    "path",
    [
        "/etc/aodh/aodh-api-uwsgi.ini",
        "/etc/cinder/cinder-api-uwsgi.ini",
        "/etc/gnocchi/gnocchi-api-uwsgi.ini",
        "/etc/heat/heat-api-cfn-uwsgi.ini",
        "/etc/heat/heat-api-uwsgi.ini",
        "/etc/neutron/neutron-api-uwsgi.ini",
        "/etc/nova/nova-api-metadata-uwsgi.ini",
        "/etc/nova/nova-api-uwsgi.ini",
        "/etc/octavia/octavia-api-uwsgi.ini",
    ],
)
def test_uwsgi_starts_from_its_file(each: Each, path: str) -> None:
    """It knows every option, listens where it should, and the application's module is in a package."""
    assert judged(each(UWSGI, path, among=members())) == {}


SWIFT = """
cp -r /run/input/*/etc/swift/swift.conf /etc/swift/
cat > /tmp/load.py <<'END'
import pathlib
from swift.common.wsgi import loadcontext, loadwsgi
for case in sorted(path for path in pathlib.Path("/run/input").iterdir() if path.is_dir()):
    print(f"\\n<{case.name}>")
    for conf in sorted([*case.glob("etc/swift/*-server.conf"), *case.glob("etc/swift/internal-client.conf")]):
        context = loadcontext(loadwsgi.APP, str(conf))
        names = [part.entry_point_name for part in getattr(context, "filter_contexts", [])]
        assert len(names) > 1, conf
        for part in context.filter_contexts:
            part.object
        context.app_context.object
    print("all well")
END
python3 /tmp/load.py
"""


def test_swift_loads_its_pipelines(each: Each) -> None:
    """Its own loader finds the program of every filter and application of each pipeline."""
    found = each(SWIFT, "/etc/swift/proxy-server.conf", "/etc/swift/*.conf", among=members(), at_once=True)
    assert judged(found) == {}
