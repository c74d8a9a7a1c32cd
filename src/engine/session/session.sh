# What a session starts with, inside: $1 its id, then its command.
if [ -r /run/sbx/environment ]; then . /run/sbx/environment; fi
if [ -n "$1" ]; then echo $$ >"/run/sbx/sessions/$1"; fi
shift
exec "$@"
