# What papo says, in English. pt-BR.ftl says the same with the same names and variables.

## The hub, to somebody at its TCP text door

notice-help =
    What you can write here:
    /nick NAME   change your name
    /join ROOM   go to another room
    /who         see who is in this room
    /help        this list
    /quit        leave
    Everything else goes to the room. A line that begins with // is sent with one slash: //x says /x.
notice-hint = You are { $label } in the room { $room }. Write a line to say it, or /help to see the commands.
notice-unknown-command = There is no command { $given }: nothing was sent. /help lists the commands; to say a line that begins with a slash, write two.
notice-unknown-command-suggest = There is no command { $given }: nothing was sent. Did you mean { $suggestion }? To say a line that begins with a slash, write two.
notice-who =
    { $count ->
        [one] 1 person in { $room } on this hub: { $labels }
       *[other] { $count } people in { $room } on this hub: { $labels }
    }
notice-who-more =
    { $count ->
        [one] and 1 more
       *[other] and { $count } more
    }
notice-nick-set = You are { $nick } now.
notice-nick-taken = Somebody here is { $wanted } already: you are { $given } now.
notice-nick-bad = That cannot be your name: it { $reason }.
notice-nick-usage = Write the name after the command, such as /nick maria.
notice-room-joined = You are in the room { $room } now.
notice-room-same = You are in the room { $room } already.
notice-room-bad = That cannot be a room: the name { $reason }.
notice-room-usage = Write the room after the command, such as /join lobby.
notice-rooms-full = This hub has as many rooms as it can hold: join one that exists.
notice-too-long = Not sent: { $bytes } bytes are too many, the limit is { $limit }. Cut the text into pieces.
notice-goodbye = Goodbye!

## What is wrong with a name: the end of a sentence that began with it

name-empty = is empty
name-too-long =
    { $limit ->
        [one] is longer than 1 character
       *[other] is longer than { $limit } characters
    }
name-forbidden = cannot hold the character “{ $character }”
name-space = cannot hold a space
name-reserved = is reserved
name-not-hex = is not 32 hexadecimal digits

## Reasons in WebSocket close frames: at most 120 bytes

close-going-away = the hub is going down
close-slow-consumer = messages arrived faster than this connection could take them
close-binary = only text is understood here
close-bad-utf8 = the text is not valid UTF-8
close-too-large = the message is too large
close-keepalive = no sign of life for too long
close-too-many-sessions = too many connections from your address
close-hub-full = the hub is full

## Errors: after "papo: "

error-unexpected = something went wrong that should not: { $detail }
error-write = cannot write { $path }: { $detail }
error-lang = --lang { $given }: no such language here, write en or pt-BR
error-command-line = { $detail }; see papo --help
error-argument-unknown = there is no option { $given }; --help lists those there are
error-argument-unknown-suggest = there is no option { $given }; did you mean { $suggestion }?
error-argument-missing = { $argument } is missing; --help shows an example
error-argument-repeated = { $argument } may be given only once, and not with what excludes it
error-command-missing = a command is missing; papo --help lists those there are
error-command-unknown = there is no command { $given }; papo --help lists those there are
error-command-unknown-suggest = there is no command { $given }; did you mean { $suggestion }?
error-value-missing = { $argument } needs a value after it
error-value-unknown = { $argument } cannot be { $given }; it is one of { $valid }
error-value-unwanted = { $argument } takes no value, but { $given } was given
error-config-unreadable = cannot read the settings file { $path }: { $detail }
error-config = { $path }:{ $line }: { $reason }
error-toml-syntax = this is no TOML: { $detail }
error-key-unknown = there is no setting { $key }
error-key-unknown-suggest = there is no setting { $key }; did you mean { $suggestion }?
error-want-section = { $section } must be a section: write [{ $section }] on a line of its own
error-want-text = { $key } must be a text in quotes
error-want-text-or-number = { $key } must be a text in quotes or a whole number
error-want-list = { $key } must be a list of texts, such as ["one", "two"]
error-want-true-or-false = { $key } must be true or false
error-want-switch = is neither on nor off: write 1 or 0
error-setting = { $source }: "{ $given }" { $reason }
error-address = is no address to listen on: write an IP address and a port, such as { $suggestion }
error-port = has no possible port: ports go from 1 to 65535 (0 lets the system choose where papo listens)
error-link = is no URL of a hub: write one such as http://192.168.0.10:8000/relay
error-link-scheme = does not begin with http:// or https://: write { $suggestion }
error-link-credentials = holds a user name: hub links are signed instead, see --link-secret-file
error-secret-unreadable = cannot be read: { $detail }
error-secret-empty = is empty: put a long random text into it, the same on both hubs
error-secret-short = holds only { $bytes } bytes: put a random text of at least { $least } into it, the same on both hubs
error-rate = is no rate: write messages a second as a whole number from 1, or off
error-per-minute = is no number of connections: write how many a minute as a whole number from 1, or off
error-dialect = is no dialect: write 2025-09 or 2025-11
error-file-name = is no name of a file: write one such as peers.jsonl
error-data-ephemeral = { $data } and { $ephemeral } exclude each other: keep the data in a file, or keep none
error-network = is no network: write one such as 10.0.0.0/8, or a single address
error-host = is no host name: write the name alone, without http:// and without a port
error-origin = is no origin: write one such as https://chat.example, without a path
error-directory = holds no index.html: name the directory of the page

error-journal = cannot keep data in { $path }: { $detail }
error-journal-in-use = { $path } is in use by another papo: choose another --data, or --ephemeral
error-journal-no-file = { $path } is no regular file: choose another --data, or --ephemeral
error-journal-foreign = { $path } holds something else than a registry's data: choose another --data, or --ephemeral
error-import-large = { $path } is larger than { $limit } MiB: no old server wrote it
error-import-malformed = { $path } begins as an old server's file and is no list of peers: { $detail }. Mend it, or choose another --data
error-journal-unsaved =
    { $entries ->
        [one] 1 change is not in { $path }: { $detail }
       *[other] { $entries } changes are not in { $path }: { $detail }
    }

error-health-url = "{ $given }" is no URL of a hub: write one such as http://127.0.0.1:8000
error-health-status = { $url } answers { $status }: the hub is not ready
error-health-unreachable = nobody answers at { $url } ({ $detail }): is papo serve running there?
error-health-slow =
    { $seconds ->
        [one] { $url } did not answer within 1 second
       *[other] { $url } did not answer within { $seconds } seconds
    }

error-connect-url = papo connect speaks to the TCP door, not to { $given }: give host:4333
error-connect-address = "{ $given }" is no address: give host or host:port, such as 192.168.0.10:4333
error-connect-refused = nobody listens at { $address }: is papo serve running there, with its TCP door on port { $port }?
error-connect-failed = cannot connect to { $address }: { $detail }
error-connect-slow = { $address } does not answer: is the address right, and does a firewall let port { $port } through?
error-connect-closed = the server closed the connection
error-connect-lost = the connection was lost: { $detail }

## papo connect, on stderr

say-connected = connected to { $address }; /help lists the commands, Ctrl-D leaves
say-left = left { $address }
say-interrupted = interrupted
say-input-unreadable = cannot read the input any further: { $detail }
say-too-long = not sent: the line has { $bytes } bytes, the limit is { $limit }
say-unknown-command = there is no command { $given }: nothing was sent; /help lists the commands, // sends a line that begins with a slash
say-unknown-command-suggest = there is no command { $given }: nothing was sent; did you mean { $suggestion }?
say-old-server = this server knows no { $given }: it only passes lines on
say-help =
    /nick NAME   change your name (the hub does it)
    /join ROOM   go to another room (the hub does it)
    /who         see who is in the room (the hub answers)
    /help        this list
    /quit, /exit leave, as Ctrl-D does
    Everything else goes to the room. To send a line that begins with a slash, write two: //x says /x.

# papo serve: the first lines, and what keeps it from listening

serve-ready = papo: the chat “{ $name }” is open; everyone begins in the room { $room }
serve-ready-http = in a browser: { $url }
serve-ready-tcp = in a terminal: nc { $spaced }   or: papo connect { $address }
serve-ready-link = links to { $url }
serve-ready-local = only this machine reaches it; papo serve --lan opens it to the network
serve-ready-rendezvous = rendezvous for peers: { $address }
rendezvous-ready = papo: the rendezvous is open (dialect { $dialect }); peers register and find each other here
rendezvous-ready-address = peers use: --rendezvous { $address }
rendezvous-ready-data = records are kept in { $path }
rendezvous-ready-ephemeral = records are not kept: they end with this process
rendezvous-trust-unused = --trust changes nothing in the dialect 2025-11, which counts everyone as the original does; --max-per-minute does
serve-few-files = this machine allows { $got } open files and { $wanted } may be needed: fewer connections will fit. Raise the hard limit (ulimit -Hn) before starting it.
error-bind = cannot listen on { $address }: { $error }
error-bind-in-use = cannot listen on { $address }: another program does already. If it is an older papo, end it; or choose another port: papo { $command } { $option } { $next }
error-bind-permission = cannot listen on { $address }: this user may not use that port. Choose one above 1023: papo { $command } { $option } { $next }
error-bind-not-here = cannot listen on { $address }: this machine does not have that address. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for every address that it has.
close-bad-frame = that was no valid WebSocket frame
