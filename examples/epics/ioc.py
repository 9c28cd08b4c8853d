"""An IOC with a motor and a camera, of EPICS's own code; on this machine only, until Ctrl-C.

    python examples/epics/ioc.py [--port 5064] [--prefix EX:]

Needs `pip install pvxslibs`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Start it and wait for its end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5064, help="of Channel Access")
    parser.add_argument("--prefix", default="EX:", help="of all PVs")
    options = parser.parse_args()
    environment = {
        **os.environ,
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CAS_SERVER_PORT": str(options.port),
        "EPICS_PVAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_PVAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO",
    }
    records = ["-m", f"P={options.prefix},M=X", "-d", str(HERE / "motor.db")]
    records += ["-m", f"P={options.prefix}CAM:", "-d", str(HERE / "camera.db")]
    command = [sys.executable, "-m", "pvxslibs.ioc", *records]
    # The IOC has a prompt and ends with its standard input: a pipe that nobody writes to keeps it alive.
    ioc = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True
    )
    try:
        for line in ioc.stderr or ():
            if "IOC Running" in line:
                print(f"the IOC serves {options.prefix}X and {options.prefix}CAM:. Clients find it with")
                print(f"export EPICS_CA_ADDR_LIST=127.0.0.1:{options.port} EPICS_CA_AUTO_ADDR_LIST=NO", flush=True)
            elif "rror" in line:
                print(line, end="", file=sys.stderr)
        return ioc.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        ioc.terminate()
        ioc.wait()


if __name__ == "__main__":
    sys.exit(main())
