import json,shlex
from tests.wire import reply
from tests.test_cli_action import ledger, error
def test_a(ledger, skillkit, wire):
    wire.replies=lambda asked: (print(asked), reply({}))[1]
    for a in (["create-note","-i",'{"text": "\\ud83d"}'],["get-entry","-i",'{"id": "\\ud83d"}'],["list-entries","-i",'{"keyword": "\\ud83d"}'],["upload-receipt","-i",'{"file": "\\ud83d"}'],["upload-receipt","-i",'{"file": "/etc/hosts","note":"\\ud83d"}']):
        try: print(ledger(a[0], "--json", *a[1:]))
        except BaseException as e: print("CRASH", a, repr(e))
