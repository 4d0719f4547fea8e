# What is loaded before others, by environment.
#: refuse not-listed pre-$ID.denied.example:443
#: refuse not-listed bash-$ID.denied.example:80
echo "curl -sS -m 20 http://bash-$ID.denied.example/" > /tmp/$ID.bash
echo "require('net').connect(443, 'pre-' + process.env.ID + '.denied.example').on('error', () => {})" > /tmp/$ID.cjs
NODE_OPTIONS="--require /tmp/$ID.cjs" node -e 0
BASH_ENV=/tmp/$ID.bash bash -c true
