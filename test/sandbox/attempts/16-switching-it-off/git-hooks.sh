# What would run outside, later: hooks and settings of the work folder.
#: local
#: not wrote
mkdir -p repo && cd repo && git init -q . 2>/dev/null
(echo '#!/bin/sh' > .git/hooks/pre-commit) 2>/dev/null && [ "$PWD" = /nowhere ] && echo wrote
echo done
