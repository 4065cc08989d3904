"""What the monitor of Galera answers, and what it does about a client of MariaDB that hangs or ends."""

from __future__ import annotations

from pathlib import Path

from tests.daemons.test_addresses import DEBIAN, answers

START = r"""
mkdir /run/bin
cat > /run/bin/mariadb <<'EOF'
#!/bin/sh
echo "$*" >> /run/started
while read -r question; do
    case $question in
        *Uptime*) printf 'Uptime\t7\n' ;;
        *) echo "$question" >> /run/asked; . /run/state ;;
    esac
done
EOF
chmod 0755 /run/bin/mariadb
PATH=/run/bin:$PATH
state() { printf 'wsrep_local_state\t%s\nwsrep_ready\t%s\n' "$1" "$2" > /run/rows; echo 'cat /run/rows' > /run/state; }
state 4 ON
sed "$CHANGE" "$ROOTFS/usr/libexec/ha-guide/galera-monitor" > /run/monitor
chmod 0755 /run/monitor
systemd-socket-activate -E PATH -l HOST:9200 /run/monitor > /run/log 2>&1 &
daemon=$!
fetch() { curl -s --max-time 10 -o /dev/null -w '%{http_code}\n' http://HOST:9200/; }
# An answer holds for 0.2 seconds.
ask() { sleep 0.3; fetch; }
cat > /run/visit.py <<'EOF'
import socket, sys
def visit(request):
    visitor = socket.create_connection(("HOST", 9200), timeout=30)
    visitor.sendall(request)
    return visitor
def told(visitor):
    return b"".join(iter(lambda: visitor.recv(4096), b"")).decode()
EOF
ANSWER="print(told(visit(sys.argv[1].encode().decode('unicode_escape').encode())).replace('\r', '|'), end='')"
raw() { python3 -c "$(cat /run/visit.py; printf '%s' "$ANSWER")" "$1"; }
wait_for fetch
"""
"""A monitor at its address, with a MariaDB that does what /run/state says."""


def said(folder: Path, script: str, change: str = "") -> list[str]:
    """What a script says beside a monitor, whose text `change` (for sed) may alter."""
    return answers(DEBIAN[0], folder, f"CHANGE='{change}'" + START + script)


YES = [
    "HTTP/1.1 200 OK|",
    "Content-Type: text/plain|",
    "Content-Length: 24|",
    "Connection: close|",
    "|",
    "This node takes writes.",
]
NO = [
    "HTTP/1.1 503 Service Unavailable|",
    "Content-Type: text/plain|",
    "Content-Length: 27|",
    "Connection: close|",
    "|",
    "This node takes no writes.",
]


def test_get_head_and_options_get_the_same_answer(tmp_path: Path) -> None:
    """HAProxy asks with OPTIONS and HTTP 1.0 where it is told no method; it reads the status only."""
    script = r"""
raw 'GET / HTTP/1.1\r\nHost: HOST\r\n\r\n'
raw 'HEAD / HTTP/1.1\r\nHost: HOST\r\n\r\n'
raw 'OPTIONS / HTTP/1.0\r\n\r\n'
"""
    assert said(tmp_path, script) == YES * 3


def test_the_answer_of_a_node_that_takes_no_writes(tmp_path: Path) -> None:
    """Status, length and text of a refusal."""
    assert said(tmp_path, r"state 4 OFF; sleep 0.3; raw 'OPTIONS / HTTP/1.0\r\n\r\n'") == NO


def test_the_state_of_the_node_decides(tmp_path: Path) -> None:
    """Joining (1), donor (2), joined (3), synced (4), not ready, and a server without Galera."""
    script = """
for number in 1 2 3 4; do state $number ON; echo "$number $(ask)"; done
state 4 OFF; ask
: > /run/rows; ask
"""
    assert said(tmp_path, script) == ["1 503", "2 200", "3 503", "4 200", "503", "503"]


def test_one_client_stays_for_all_questions(tmp_path: Path) -> None:
    """It is started once, without a file of options, and asks nothing that a node which is not ready refuses."""
    script = "ask; ask; ask; cat /run/started; sort -u /run/asked"
    client = "--no-defaults --batch --skip-column-names --unbuffered"
    question = "SHOW STATUS WHERE Variable_name IN ('wsrep_local_state', 'wsrep_ready');"
    assert said(tmp_path, script) == ["200", "200", "200", client, question]


def test_an_answer_is_used_again_while_it_holds(tmp_path: Path) -> None:
    """With a longer time, so that the pace of the machine does not matter: the answer of the first one stays."""
    script = "state 4 OFF; fetch; fetch; wc -l < /run/asked"
    assert said(tmp_path, script, "s/^REUSE = 0.2/REUSE = 3600.0/") == ["200", "200", "1"]


def test_a_client_that_hangs_is_replaced(tmp_path: Path) -> None:
    """The answer is 503, and the next question goes to a client that works; the one that hung is gone."""
    script = """
echo 'echo $$ > /run/hung; exec sleep 100' > /run/state
ask
if [ -e "/proc/$(cat /run/hung)/exe" ]; then echo it is there; fi
state 4 ON
ask
wc -l < /run/started
"""
    assert said(tmp_path, script) == ["503", "200", "2"]


def test_a_client_that_ends_at_each_question_is_not_started_again_and_again(tmp_path: Path) -> None:
    """An old client that ends is replaced at once; a new one that ends tells that the server does not work."""
    script = "echo 'exit 1' > /run/state; ask; wc -l < /run/started; ask; wc -l < /run/started; state 4 ON; ask"
    assert said(tmp_path, script) == ["503", "2", "503", "3", "200"]


def test_a_client_that_ended_with_its_server_does_not_make_the_new_server_look_lost(tmp_path: Path) -> None:
    """A single question after a restart of MariaDB gets the answer of the server that runs now."""
    script = """
echo 'echo $$ > /run/pid; cat /run/rows' > /run/state
ask
kill "$(cat /run/pid)"
ask
wc -l < /run/started
"""
    assert said(tmp_path, script) == ["200", "200", "2"]


def test_who_says_nothing_is_dropped_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    """With a hundred silent connections, some of which stop within a request, an answer comes all the same."""
    script = r"""
cat >> /run/visit.py <<'EOF'
silent = [visit(b"") for number in range(50)] + [visit(b"GET / HTTP/1.1\r\n") for number in range(50)]
print(told(visit(b"GET / HTTP/1.1\r\n\r\n")).splitlines()[0])
print({told(visitor) for visitor in silent})
EOF
python3 /run/visit.py
"""
    assert said(tmp_path, script) == ["HTTP/1.1 200 OK", "{''}"]


def test_many_at_once_are_all_answered(tmp_path: Path) -> None:
    """Two hundred questions at the same time get two hundred answers."""
    script = r"""
cat >> /run/visit.py <<'EOF'
visitors = [visit(b"OPTIONS / HTTP/1.0\r\n\r\n") for number in range(200)]
print([told(visitor).splitlines()[0] for visitor in visitors].count("HTTP/1.1 200 OK"))
EOF
python3 /run/visit.py
"""
    assert said(tmp_path, script) == ["200"]


def test_it_says_who_has_to_start_it(tmp_path: Path) -> None:
    """Without the listener of systemd it ends with a message."""
    message = "galera-monitor: systemd starts this with its socket; see systemctl status galera-monitor.socket"
    assert said(tmp_path, "/run/monitor 2>&1 || echo $?") == [message, "1"]
