"""What somebody does with oras-py: `python oras_user.py push|pull HOST NAME FILE_OR_FOLDER TOKEN`. An error is printed as the client says it."""

import os
import sys

import oras.client

step, host, name, place, token = sys.argv[1:]
client = oras.client.OrasClient(hostname=host, insecure=True, auth_backend="basic")
client.auth.set_basic_auth("alice", token)
try:
    if step == "push":
        os.chdir(os.path.dirname(place))
        client.push(f"{host}/{name}", files=[os.path.basename(place)])
    else:
        print(*client.pull(f"{host}/{name}", outdir=place))
except Exception as error:
    sys.exit(str(error))
