"""Which commands a shell script runs, as far as its words tell."""

from __future__ import annotations

import re

HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1(.*?)\n(.*?)^\s*\2$", re.DOTALL | re.MULTILINE)
BREAKS = re.compile(r"\|\||&&|;;|[|;&(){}\n]")
PREFIXES = {"if", "then", "elif", "else", "while", "until", "do", "!", "exec", "command", "-v"}
CLAUSES = {"for", "case", "esac", "fi", "done", "in", ""}


def commands(script: str) -> set[str]:
    """The names of all commands of a script, those in `$(...)` too, without the script's own functions."""
    script = HERE_DOCUMENT.sub(r"\3\n", script.replace("\\\n", " "))
    own = set(re.findall(r"^\s*(\w+)\(\)", script, re.MULTILINE))
    found: set[str] = set()
    for text in _unquoted(script):
        text = re.sub(r"(^|;;|\bin\b)[^()\n;]+\)(?=\s|$)", " ", text, flags=re.MULTILINE)  # patterns of case
        text = re.sub(r"\d?>&?\s*[\w/.$]*|\d?<\s*\S+", " ", text)
        for part in BREAKS.split(text):
            found |= _names(part.split())
    return {name for name in found if name not in own}


def _names(words: list[str]) -> set[str]:
    while words and (words[0] in PREFIXES or re.match(r"\w+=", words[0])):
        words = words[1:]
    if not words or words[0] in CLAUSES or words[0].startswith("_"):
        return set()
    name, rest = words[0], words[1:]
    if name == "runuser":
        return {name} | _names(rest[rest.index("--") + 1 :])
    return {name} | (_names(rest[1:]) if name == "timeout" else set())


def _unquoted(script: str) -> list[str]:
    """The script without comments and quoted text, and each command substitution by itself."""
    texts: list[str] = []
    frames: list[tuple[bool, int, list[str]]] = [(False, 0, [])]
    place = 0
    while place < len(script):
        quoted, depth, text = frames[-1]
        char = script[place]
        if script.startswith("$((", place):
            place = script.index("))", place) + 1
        elif script.startswith("${", place):
            place = script.index("}", place)
            text.append("_")
        elif script.startswith("$(", place):
            frames.append((False, 0, []))
            place += 1
        elif char == "\\":
            place += 1
        elif char == '"':
            frames[-1] = (not quoted, depth, text)
            text.append("_")
        elif quoted:
            pass
        elif char == "'":
            place = script.index("'", place + 1)
            text.append("_")
        elif char == "#" and (place == 0 or script[place - 1].isspace()):
            place = (script + "\n").index("\n", place) - 1
        elif char == ")" and depth == 0 and len(frames) > 1:
            texts.append("".join(frames.pop()[2]))
            frames[-1][2].append("_")
        else:
            frames[-1] = (quoted, depth + (char == "(") - (char == ")" and depth > 0), text)
            text.append(char)
        place += 1
    return [*texts, "".join(frames[0][2])]
