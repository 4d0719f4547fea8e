# The same for Python.
#: in quiet
#: open web.allowed.example:$PORT_HTTP
#: shared
#: says Successfully (installed|downloaded)
python3 -m pip --version > /dev/null 2>&1 || { echo pip; exit 77; }
python3 -m pip download --disable-pip-version-check --no-cache-dir --no-deps -d /tmp/$ID --index-url "http://web.allowed.example:$PORT_HTTP/simple/" --trusted-host web.allowed.example tiny
