"""What the data files say: a Catalog and its parts.

Plain frozen dataclasses. The attribute docstrings are also the help texts of the
JSON Schema that editors use (`data/schema/`), so they address whoever edits the YAML.
`since` names the first release that has a thing, `removed` the first one without it;
an empty string leaves that end open.
"""

from generator.model.limitations import Correction, Corrections, Limitation, Remark
from generator.model.patterns import (
    ALREADY_TOLD,
    AbsolutePath,
    Between,
    Day,
    Duration,
    FileMode,
    Format,
    Id,
    Mode,
    Owner,
    Part,
    Pattern,
    Scalar,
    Script,
    Text,
    Url,
    UrlPath,
    Where,
    Word,
)
from generator.model.procedures import Decision, Procedure, ProcedureStep
from generator.model.processes import Change, Check, Health, Note, Port, Process, ProcessPatch, Proxy, Timeouts
from generator.model.services import ConfigFile, Dependency, Include, Service, Setting, Step, Variant
from generator.model.vocabulary import Orders, Platform, Reference, Release, Role, Secret, Strategy

__all__ = [
    "ALREADY_TOLD",
    "AbsolutePath",
    "Between",
    "Change",
    "Check",
    "ConfigFile",
    "Correction",
    "Corrections",
    "Day",
    "Decision",
    "Dependency",
    "Duration",
    "FileMode",
    "Format",
    "Health",
    "Id",
    "Include",
    "Limitation",
    "Mode",
    "Note",
    "Orders",
    "Owner",
    "Part",
    "Pattern",
    "Platform",
    "Port",
    "Procedure",
    "ProcedureStep",
    "Process",
    "ProcessPatch",
    "Proxy",
    "Reference",
    "Release",
    "Remark",
    "Role",
    "Scalar",
    "Script",
    "Secret",
    "Service",
    "Setting",
    "Step",
    "Strategy",
    "Text",
    "Timeouts",
    "Url",
    "UrlPath",
    "Variant",
    "Where",
    "Word",
]
