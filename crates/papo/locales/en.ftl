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
notice-not-kept = not said: the hub could not keep it. Send it again later.
notice-direct = { $from } says to you alone: { $text }
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
error-per-minute = is no number of connections: write how many a minute as a whole number from 1 to { $most }, or off
error-dialect = is no dialect: write 2025-09 or 2025-11
error-file-name = is no name of a file: write one such as peers.jsonl
error-data-ephemeral = { $data } and { $ephemeral } exclude each other: keep the data in a file, or keep none
error-folder-name = is no name of a folder: write one such as /var/lib/papo
error-count = is no number from 1 on: write one such as 5000
error-days = is no number of days up to { $most }: write one such as 30
error-bytes = is no number of bytes: write one such as 64M or 1G
error-hub-ephemeral = this hub keeps nothing: name the folder of one that does with --data
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

error-rooms = cannot use the rooms in { $path }: { $detail }
error-rooms-in-use = { $path } is in use by another papo: end that one first, or choose another --data or --name
error-rooms-missing = there is no { $path }: name the folder of a hub with --data, or the hub with --name
error-rooms-exists = there is { $path } already: choose another name
error-rooms-newer = { $path } was written by a newer papo: run that one
error-rooms-older = { $path } was written by an older papo: start papo serve with it once, which brings it up to date
error-rooms-foreign = { $path } holds something else than the rooms of a hub: choose another --data
error-rooms-damaged = { $path } is damaged: { $detail }. Put a backup in its place, or choose another --data

archive-imported = imported: { $taken }; skipped, since they were there already: { $skipped }
archive-backup = everything is in { $path }: as rooms.db in a folder of its own it is a hub's --data
archive-token = this is the token of { $nick }; it is shown only now
archive-token-until = this is the token of { $nick } until { $until }; it is shown only now
error-archive-room = the room "{ $given }" { $reason }
error-archive-nick = the nick "{ $given }" { $reason }
error-archive-days = --days "{ $given }" { $reason }
error-archive-nothing = nothing is kept of the room { $room } in { $path }
error-archive-token = { $nick } has no token: papo token list shows who has
error-archive-unreadable = cannot read { $path }: { $detail }
error-archive-line = { $path }, line { $line }, { $reason }. Nothing was imported
error-archive-json = is no message: { $detail }
error-archive-field = has no { $field } that makes sense
error-archive-long = is longer than { $limit } bytes

error-health-url = "{ $given }" is no URL of a hub: write one such as http://127.0.0.1:8000
error-health-status = { $url } answers { $status }: the hub is not ready
error-health-unreachable = nobody answers at { $url } ({ $detail }): is papo serve running there?
error-health-slow =
    { $seconds ->
        [one] { $url } did not answer within 1 second
       *[other] { $url } did not answer within { $seconds } seconds
    }

error-connect-url = papo connect does not know what { $given } is: give host:4333 for the TCP door, or a URL such as http://host:8000 for the rooms of a hub
error-connect-address = "{ $given }" is no address: give host or host:port, such as 192.168.0.10:4333
error-connect-refused = nobody listens at { $address }: is papo serve running there, with its TCP door on port { $port }?
error-connect-failed = cannot connect to { $address }: { $detail }
error-connect-slow = { $address } does not answer: is the address right, and does a firewall let port { $port } through?
error-connect-closed = the server closed the connection
error-connect-lost = the connection was lost: { $detail }
error-rooms-option = { $option } fits only a URL, such as http://{ $host }:8000: at the TCP door, write /nick and /join instead
error-rooms-too-many = one session can be in at most { $most } rooms
error-rooms-refused = nobody listens at { $address }: is papo serve running there, and is that its HTTP port?
error-rooms-status = { $address } does not speak papo.v1 (it answers { $status }): is it a papo hub of this version? Its TCP door is host:4333
error-rooms-unauthorized = the hub does not let you in: { $detail }. Give a token with --token-file or PAPO_TOKEN
error-rooms-replaced = this session goes on elsewhere: somebody connected with it again
error-rooms-unacknowledged =
    { $count ->
        [one] 1 message was not acknowledged: it may be lost
       *[other] { $count } messages were not acknowledged: they may be lost
    }

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

# papo connect in the rooms of a hub

rooms-ready = connected to { $hub } as { $nick }; what you write goes to #{ $room }, /help lists the commands, Ctrl-D leaves
rooms-joined = you are in #{ $room }, with { $count } in it: { $names }
rooms-who = { $count } in #{ $room }: { $names }
rooms-came = #{ $room }: { $came } came
rooms-went = #{ $room }: { $went } left
rooms-came-and-went = #{ $room }: { $came } came, { $went } left
rooms-delivered = ✓ { $to }: { $text }
rooms-failed = not sent to { $to }: { $text } ({ $code }: { $detail })
rooms-gap =
    { $count ->
        [one] #{ $room }: 1 message of hub { $hub } is missing
       *[other] #{ $room }: { $count } messages of hub { $hub } are missing
    }
rooms-history =
    { $count ->
        [one] 1 message of #{ $room }; there are older ones
       *[other] { $count } messages of #{ $room }; there are older ones
    }
rooms-history-whole =
    { $count ->
        [0] nothing is kept of #{ $room }
        [one] 1 message of #{ $room }; nothing older is kept
       *[other] { $count } messages of #{ $room }; nothing older is kept
    }
rooms-found =
    { $count ->
        [one] 1 message of #{ $room } with “{ $query }”
       *[other] { $count } messages of #{ $room } with “{ $query }”, the newest
    }
rooms-found-nothing = nothing in #{ $room } with “{ $query }”
rooms-reconnecting = { $reason }; try { $attempt } in { $seconds } s. What you write is kept and sent then
rooms-reconnected = connected again
rooms-closed = the hub closed the connection: { $detail }
rooms-silent = the hub has said nothing for { $seconds } s
rooms-hello-refused = the hub refused the session: { $detail }
rooms-nick-taken = the name { $wanted } is taken: you are { $nick }
rooms-other-hub = the hub was started anew: what was said there before may be gone
rooms-previous = the hub had closed the last connection: { $reason }
rooms-error = the hub did not do that: { $detail } ({ $code })
rooms-list = your rooms: { $rooms } (* is where you write)
rooms-active = you write in #{ $room } now
rooms-parted = you left #{ $room } and write in #{ $active } now
rooms-parted-last = you left #{ $room } and are in no room: /join ROOM enters one
rooms-none = you are in no room: /join ROOM enters one
rooms-not-in = you are not in #{ $room }: /join { $room } enters it
rooms-nick = the name stays for the whole session: start again with papo connect URL --nick NAME
rooms-no-search = this hub cannot search
rooms-offline = there is no connection now: try again when there is
rooms-wait = too many questions are open: wait for the answers
rooms-status = you are { $who } at { $hub }, connected; { $waiting } not acknowledged. This hub forgets when it ends
rooms-status-durable = you are { $who } at { $hub }, connected; { $waiting } not acknowledged. What is acknowledged outlives the hub
rooms-status-offline = you are { $who } at { $hub }, not connected; { $waiting } not acknowledged
rooms-want-room = name a room, such as /join lobby: nothing was done
rooms-want-text = give a name and a text, such as /msg bia hello: nothing was sent
rooms-want-words = give words to look for, such as /search exam: nothing was done
rooms-want-count = give a number from 1 to { $most }, such as /history 50: nothing was done
rooms-bad-room = { $given } is no name of a room: it { $reason }
rooms-bad-nick = { $given } is no name of a session: it { $reason }
rooms-help =
    /join ROOM     enter a room and write there
    /part [ROOM]   leave a room
    /room ROOM     write in another of your rooms
    /rooms         the rooms that you are in
    /msg NAME TEXT write to one alone (NAME or NAME@ROOM)
    /who           who is in this room
    /history [N]   the last messages of this room
    /search WORDS  messages of this room with these words
    /status        how you are connected, and what is not acknowledged
    /help          this list
    /quit, /exit   leave, as Ctrl-D does
    Everything else goes to the room. To send a line that begins with a slash, write two: //x says /x.

# papo serve: the first lines, and what keeps it from listening

serve-ready = papo: the chat “{ $name }” is open; everyone begins in the room { $room }
serve-ready-http = in a browser: { $url }
serve-ready-tcp = in a terminal: nc { $spaced }   or: papo connect { $address }
serve-ready-link = links to { $url }
serve-ready-data = what is said is kept in { $folder }
serve-ready-ephemeral = nothing is kept: what is said ends with this hub
serve-ready-local = only this machine reaches it; papo serve --lan opens it to the network
serve-ready-rendezvous = rendezvous for peers: { $address }
registry-ready = papo: the rendezvous is open (dialect { $dialect }); peers register and find each other here
registry-ready-address = peers use: --rendezvous { $address }
registry-ready-data = records are kept in { $path }
registry-ready-ephemeral = records are not kept: they end with this process
registry-trust-unused = --trust exempts nobody from the ban of the dialect 2025-11, which counts everyone as the original does; --max-per-minute changes it
serve-few-files = this machine allows { $got } open files and { $wanted } may be needed: fewer connections will fit. Raise the hard limit (ulimit -Hn) before starting it.
error-bind = cannot listen on { $address }: { $error }
error-bind-in-use = cannot listen on { $address }: another program does already. If it is an older papo, end it; or choose another port: papo { $command } { $option } { $next }
error-bind-permission = cannot listen on { $address }: this user may not use that port. Choose one above 1023: papo { $command } { $option } { $next }
error-bind-not-here = cannot listen on { $address }: this machine does not have that address. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for every address that it has.
close-replaced = this session goes on at a newer connection.
close-unauthorized = this hub asks for a token. Get one from whoever runs it, and use papo connect http://… --token TOKEN.
close-no-hello = nobody said HELLO in time.
close-bad-frame = that was no valid WebSocket frame

## papo check: what keeps it from beginning

error-check-address = "{ $given }" is no address of a server: give host or host:port, such as 127.0.0.1:5000
error-check-refused = nobody listens at { $address }: is the server running, and on that port?
error-check-failed = cannot connect to { $address }: { $detail }
error-check-slow = { $address } does not answer: is the address right, does a firewall let the port through, and does the server listen on 0.0.0.0 and not only on 127.0.0.1?
error-check-case = there is no case { $given }; papo check rendezvous ADDR without --only lists those there are
error-check-case-suggest = there is no case { $given }; did you mean { $suggestion }?
error-check-dialect = the case { $given } is not for the dialect { $dialect }: choose the other one with --dialect

## papo check: the report

check-begin =
    { $cases ->
        [one] checking { $address }: 1 case, dialect { $dialect }
       *[other] checking { $address }: { $cases } cases, dialect { $dialect }
    }
check-begin-slow = this dialect bans after 50 connections in 60 s, so a whole run takes some minutes and ends with a ban of this machine
check-waiting =
    { $seconds ->
        [one] waiting 1 s so as not to be banned
       *[other] waiting { $seconds } s so as not to be banned
    }
check-summary = { $dialect }: { $passed } passed, { $failed } failed, { $advice } advice, { $skipped } skipped
check-label-sent = sent
check-label-expected = expected
check-label-got = got
check-sent-nothing = nothing: only a connection
check-sent-end-alone = no byte, only the end of our sending half
check-sent-end = { $bytes } and the end of our sending half, without a newline
check-sent-pieces = in pieces with a pause between them (at |): { $bytes }
check-sent-byte-by-byte = each byte in a write of its own: { $bytes }
check-sent-drip = one byte a second: { $bytes }
check-sent-long = { $length } bytes: { $bytes }
check-sent-ban = DISCOVER on one connection after the other, { $allowed } of them and then more
check-want-ended = the end of the connection within about 10 s, with or without a reply
check-want-idle = after 5 s (between 4 and 15): { $reply }
check-want-ban = the 51st connection within 60 s closed without a byte, and the next one answered with "… has been blocked … (limit: 50). The block will be lifted in N seconds." with N from 1 to { $seconds }
check-got-nothing = the end of the connection, without a byte
check-got-reset = a reset of the connection (ECONNRESET), without a byte
check-got-silence = nothing for { $seconds } s
check-got-unreachable = no connection: { $detail }
check-got-then-reset = { $reply } and then a reset (ECONNRESET)
check-got-then-open = { $reply } and then no end of the connection
check-got-after = after { $seconds } s: { $reply }
check-got-at = { $reply } (look at { $field })
check-got-crowd = answers to { $answered } of { $asked } connections
check-got-early-ban = the end without a byte at connection { $connections } already
check-got-no-ban = after { $connections } connections still { $reply }
check-skip-registered = other programs of this address are registered there, perhaps an earlier run: the case needs an address without records, so wait until they have left or expired
check-skip-slow = the server answered too slowly to open 51 connections in 60 s

## papo check: the likely mistake, by what went wrong

check-why-unreachable = The server does not take connections any more: did an earlier request crash it? Look at its output; an exception in one connection must end only that connection.
check-why-no-reply = You closed without answering. Usually an exception ended the handler: catch it and answer with an error.
check-why-silent = No answer came. Perhaps an exception ended the handler and left the connection open, or the server waits for more input than it needs, or it is busy with another client.
check-why-reset = You closed with unread data pending, so the kernel sent a reset, which can destroy the reply on its way. After the reply, shut down your writing side, read what is left for a moment, then close.
check-why-not-closed = The reply came, but the connection stays open. This protocol has one request for each connection: close after the reply.
check-why-no-newline = The reply must end with a newline (\n): clients read until there is one.
check-why-many-lines = There is something behind the first newline. Answer with exactly one line: no pretty-printed JSON, and no reply to a second line.
check-why-endless = The reply does not end: do you write in a loop?
check-why-no-json = The reply is no JSON. Serialize it with a JSON library (in Python json.dumps, not str or repr).
check-why-no-object = The reply must be a JSON object with the key status.
check-why-wrong-key = The text is right, but it stands under the key { $field }. Codes of bad fields are under error in 2025-09 and under message in 2025-11; all other texts are under message in both. Is --dialect right?
check-why-extra-key = The error has the key { $field } too much: error replies are compared whole, so leave it out.
check-why-missing-key = The key { $field } is missing in the reply. Is --dialect right?
check-why-address = { $field } must be the address that you see at the other end of the connection (in Python client_address[0]), written as plain IPv4 when it is one, and never one from the JSON.
check-why-source-port = { $field } must be the source port of the connection (in Python client_address[1]), not the port from the JSON. A tunnel or proxy on this machine changes it too: then check the server directly.
check-why-no-number = { $field } must be a JSON number without fraction: store the converted value, not what the client sent.
check-why-expires-in = { $field } must be the seconds that are left of the lease, between 0 and ttl, and not a time of day.

## papo check: the likely mistake, by case

check-hint-register = A REGISTER that succeeded must be listed by DISCOVER at once, with name, port and ttl as granted.
check-hint-unknown-fields = Ignore fields that you do not know: newer clients send more.
check-hint-ip = The address of a record is always the observed one; ip in the JSON is ignored, or anybody could register somebody else's address.
check-hint-observed = Answer with the address and the source port that you see at the other end of the connection.
check-hint-port = A port is required and is an integer from 1 to 65535; everything else is bad_port.
check-hint-port-text = A port may come as text of digits ("4000"): convert it and store the number.
check-hint-port-kind = A port that cannot be converted to an integer is bad_port: catch the error of the conversion.
check-hint-port-float = 4000.0 is the port 4000, but a number with a fraction is bad_port: do not cut the fraction off.
check-hint-ttl-default = Without ttl the lease is 7200 s.
check-hint-ttl-clamp = A ttl out of range is no error: clamp it to 1..86400 and answer with the clamped value. Numbers may be larger than your integers.
check-hint-ttl-text = A ttl may come as text of digits ("60") or as 60.0: convert it, and answer with a number.
check-hint-ttl-kind = A ttl that cannot be converted is bad_ttl, unlike one out of range, which is clamped.
check-hint-ttl-null = A ttl that is missing means 7200, but null is bad_ttl: tell the two apart.
check-hint-order = Of several bad fields the first one in this order is named: name, ttl, namespace, port.
check-hint-upsert = The same address, namespace and name means the same record: replace it instead of adding another one.
check-hint-upsert-lease = Registering again begins a new lease with the new ttl.
check-hint-upsert-place = Registering again must keep the record's place in the list: update it where it stands.
check-hint-upsert-namespace = The namespace belongs to a record's key: the same name in another namespace is another record.
check-hint-name = A name is required and has 1 to 64 characters; everything else is bad_name.
check-hint-name-kind = A name must be a JSON text: do not convert other kinds, answer bad_name.
check-hint-characters = The limit is 64 characters, not bytes: é is one character and two bytes. Decode before you count.
check-hint-trim = Names and namespaces are not trimmed: spaces around them belong to them.
check-hint-namespace = A namespace is required in REGISTER and has 1 to 64 characters; everything else is bad_namespace.
check-hint-namespace-kind = A namespace must be a JSON text: do not convert other kinds, answer bad_namespace.
check-hint-discover-order = DISCOVER lists records in the order in which they were first registered: do not sort, and use no container that forgets the order.
check-hint-discover-fields = Every record of the list has all keys of the dialect.
check-hint-expires-in = expires_in is what is left of the lease, in whole seconds.
check-hint-discover-namespace = With a namespace, DISCOVER lists only the records of that namespace.
check-hint-discover-case = Namespaces are compared exactly: UnB and unb are two.
check-hint-discover-unknown = A namespace without records is no error: answer OK with an empty list.
check-hint-discover-all = Without a namespace, or with null, DISCOVER lists the records of all namespaces.
check-hint-discover-empty = An empty namespace means all in 2025-09 and is bad_namespace in 2025-11.
check-hint-discover-odd = A namespace that no record can have finds nothing in 2025-09 (OK and an empty list) and is bad_namespace in 2025-11.
check-hint-unregister = UNREGISTER must remove what fits all of its filters, and DISCOVER must not list it any more.
check-hint-unregister-name = With a name, only the record of that name goes; the others of the namespace stay.
check-hint-unregister-port = With a port, only records of that port go: compare it as a number.
check-hint-unregister-namespace = UNREGISTER must leave other namespaces alone.
check-hint-unregister-nothing = Nothing to remove is OK in 2025-09 and peer_credentials_do_not_match in 2025-11.
check-hint-unregister-required = Without a namespace UNREGISTER is OK in 2025-09 and namespace_required in 2025-11.
check-hint-unregister-bad-port = The error repeats the port that cannot be converted, in brackets: bad_port (abc).
check-hint-unregister-range = A port out of range matches nothing in 2025-09 (OK) and is bad_port (70000) in 2025-11.
check-hint-unregistered = Who has no live record may not ask for DISCOVER nor UNREGISTER here: answer peer_not_registered.
check-hint-reply = The reply is one line of JSON with status, then the end.
check-hint-one-write = The reply came in several segments. Some clients read only once: put the line and its newline together first, then write them with one call.
check-hint-read-on = One recv may bring only a part of a line: read on and collect bytes until the newline.
check-hint-first-line = Only the bytes up to the first newline are the request. Ignore what stands behind it, but read it before you close.
check-hint-crlf = A carriage return before the newline is white space: JSON ignores it.
check-hint-end = When the client ends its sending half without a newline, what came is the request: recv gives no bytes then.
check-hint-utf8-cut = One character may be cut in two by recv: collect all bytes first, decode the whole line then.
check-hint-utf8-invalid = Bytes that are not UTF-8 are replaced by U+FFFD and refuse nothing (in Python decode("utf-8", "replace")).
check-hint-empty = A line of nothing but white space is answered with Empty request line.
check-hint-empty-end = A connection that ends without a request is still answered with Empty request line: the client may only have ended its sending half.
check-hint-json = A line that is no JSON is answered with Unknown command: catch the error of the JSON parser.
check-hint-object = JSON that is no object is answered with Unknown command: look at its kind before you look for keys.
check-hint-type = A type that is missing, no text or unknown is answered with Unknown command.
check-hint-type-spaces = The type is put into capitals but not trimmed: " DISCOVER " is unknown.
check-hint-type-case = The case of letters in type does not matter: put it into capitals before you compare.
check-hint-line-fits = A line may have 32768 bytes with its newline. Read on until then; one recv does not bring all of it.
check-hint-line-long = From 32769 bytes on, newline included, a line is too long: answer line_too_long with limit 32768.
check-hint-line-drain = Answer line_too_long and read what is still coming before you close: a reset would destroy the reply.
check-hint-line-endless = Count while you read: after 32768 bytes without a newline the line is too long, and waiting for its end would be waiting for ever.
check-hint-neighbor = While one client was connected and silent, another one got no answer. Serve each connection in a thread or task of its own.
check-hint-crowd = Many clients may come at once: serve each in a thread or task of its own, and let listen() have room for more than a few.
check-hint-idle = A client that sends nothing for 5 s is told so and the connection closed: set a timeout on the connection and catch it.
check-hint-drip = One byte a second keeps this connection, and its thread, for as long as the client likes. Give the whole line a deadline instead of each recv.
check-hint-lease = A record whose lease has ended must not be listed: compare the time at every DISCOVER.
check-hint-ban = Count the connections of each address in a sliding window of 60 s: the 51st is closed without a byte, and until the ban ends the others get the text with the limit and the seconds that are left.

## papo peer: the command line

error-peer-nameless = papo peer needs a name, such as: papo peer alice@CIC
error-peer-id-half = is no NAME@NAMESPACE, such as { $given }@CIC or alice@CIC
error-peer-id-name = is no NAME@NAMESPACE: the name { $reason }. Write one such as alice@CIC
error-peer-id-namespace = is no NAME@NAMESPACE: the namespace { $reason }. Write one such as alice@CIC
error-peer-address = is no address: write a host and a port, such as { $suggestion }
error-rendezvous-none = { $address } and { $none } exclude each other: name a rendezvous, or use none
error-lease = is no lease: write seconds as a whole number from 1 to { $most }
error-bind-ip = is no IP address of this machine: write one such as 0.0.0.0 (all of them) or 127.0.0.1
name-not-a-peer = is no name@namespace, such as alice@CIC

## papo peer: the questions

peer-ask-intro = Who are you? Peers are named name@namespace, such as alice@CIC. Enter takes what stands in brackets.
peer-ask-namespace = Namespace, such as CIC:
peer-ask-name = Name, such as alice:
peer-ask-port = Port where others connect, 0 for any [{ $default }]:
peer-ask-lease = Seconds for which the rendezvous keeps you, 1 to 86400 [{ $default }]:
peer-ask-again = That { $reason }. Again, please.
peer-ask-end = No answer.

## papo peer: lines

peer-ready = { $peer } is ready; /help lists the commands
peer-ready-address = other peers connect to { $address }
peer-ready-deaf = it takes no connections: it only dials
peer-left = { $peer } has left
peer-lines-lost =
    { $count ->
        [one] 1 line was not shown: the output is read too slowly
       *[other] { $count } lines were not shown: the output is read too slowly
    }
peer-help =
    /msg PEER TEXT     to one peer: bob is bob@{ $namespace }, others are bob@UnB
    /msg #NS TEXT      to a namespace, such as #{ $namespace }; * is everyone
    /pub #NS|* TEXT    the same
    /peers [*|#NS]     the known peers
    /connect PEER      dial a peer now
    /conn              the live links
    /routes            the known ways to peers
    /rtt               round-trip times
    /ping PEER         ask a neighbor for a sign of life
    /status            how this node stands
    /watch [on|off]    show what happens around it, or only messages
    /reconnect         dial everyone again
    /log LEVEL         error, warn, info, debug, trace or off
    /help              this list
    /quit, /exit       leave
    The slash may be left out. Text without a command is not sent.
peer-watch-on = showing neighbors, measurements and messages; /watch off shows messages alone
peer-watch-off = showing messages alone; /watch on shows what happens around them
peer-log-set = the log begins at { $level } from here on
peer-reconnecting = dialing everyone again

## papo peer: mistakes

peer-unknown-command = There is no command “{ $given }”: nothing was sent. To say something write /msg bob TEXT or /pub #{ $namespace } TEXT; /help lists the rest.
peer-unknown-command-suggest = There is no command “{ $given }”: nothing was sent. Did you mean { $suggestion }?
peer-unwanted = { $command } takes nothing more, but “{ $given }” followed.
peer-missing-peer = Write the peer after the command: { $example }
peer-missing-scope = Write #namespace or * after the command: { $example }
peer-missing-text = Nothing was sent: write the text behind, such as { $example }
peer-too-long = Not sent: { $bytes } bytes are too many, the limit is { $limit }. Cut the text into pieces.
peer-peers-usage = “{ $given }” is no namespace: write /peers, or /peers #CIC for one.
peer-one-peer = “{ $given }” is not one peer: write one, such as bob.
peer-pub-to-one = “{ $given }” is neither * nor #namespace: write { $example }, or /msg for one peer.
peer-bad-namespace = “{ $given }” is no namespace: write one such as { $example }
peer-bad-peer = “{ $given }” is no peer: write bob, or bob@UnB for one of another namespace.
peer-oneself = That is you: choose another peer.
peer-open-quote = A quotation mark is missing at the end of the name.
peer-watch-usage = “{ $given }” is neither on nor off: write /watch on or /watch off.
peer-log-usage = “{ $given }” is no level: write error, warn, info, debug, trace or off.

## papo peer: what happens

peer-mark-unverified = (unverified)
peer-mark-unverified-via = (unverified, via { $via })
peer-mark-via = (via { $via })
peer-pong = { $peer } answered after { $time }
peer-measured = { $peer } answers within { $time }
peer-sent-all = sent to everyone
peer-sent-namespace = sent to { $namespace }
peer-delivered = { $peer } has it, after { $time }
peer-delivered-unverified = { $peer } has it, after { $time } (unverified)
peer-failed = Not delivered to { $peer }: { $reason }
peer-refused = Not done: { $reason }
peer-refused-about = { $about }: not done: { $reason }
peer-error-from = { $peer } reports an error: { $reason }
peer-reason-detail = { $reason } ({ $detail })
peer-neighbor-up-inbound-proven = { $peer } connected from { $address } and proved its key
peer-neighbor-up-inbound-legacy = { $peer } connected from { $address }, unproven
peer-neighbor-up-outbound-proven = connected to { $peer } at { $address }, which proved its key
peer-neighbor-up-outbound-legacy = connected to { $peer } at { $address }, unproven
peer-neighbor-down = { $peer } is no neighbor any more: { $reason }
peer-impostor = Somebody at { $address } claims to be { $peer } without that peer's key, and was turned away. If { $peer } lost its key, it has to take another name.
peer-known = { $peer }
peer-somebody = an unknown peer
peer-dropped-forged = Left out: a message of { $peer }, over { $via }, whose signature is wrong.
peer-dropped-replayed = Left out: a message of { $peer }, over { $via }, that is old or was said before.
peer-dropped-bad-format = Left out: a message of { $peer }, over { $via }, that is not understood.
peer-dropped-too-fast = Left out: messages of { $peer }, over { $via }, that come too fast.

peer-closed-ended = the connection ended
peer-closed-their-bye = it said goodbye
peer-closed-our-bye = this node said goodbye
peer-closed-no-hello = it did not greet in time
peer-closed-not-a-peer = it is no peer
peer-closed-already-connected = it has a connection already
peer-closed-duplicate = there is a better connection
peer-closed-ourselves = it is this node itself
peer-closed-unauthorized = it did not prove its key
peer-closed-silent = nothing came for too long
peer-closed-slow-consumer = it reads too slowly
peer-closed-line-too-long = it sent a line that is too long
peer-closed-too-many = there are too many connections

peer-code-no-route = no way to it is known. See with /peers whether it is there, and try again.
peer-code-ack-timeout = it did not confirm in time. It may have arrived all the same: ask before sending it again.
peer-code-ttl-expired = it is too many hops away. Dial it with /connect.
peer-code-who-has-timeout = nobody knows where it is. See with /peers whether it is there, and try again later.
peer-code-over-quota = too much was sent at once. Wait a moment and try again.
peer-code-busy = there is no room for it now. Wait a moment and try again.
peer-code-peer-unreachable = there is no connection to it. Dial it with /connect, or see with /peers whether it is there.
peer-code-message-too-large = the text is too long. Cut it into pieces.
peer-code-line-too-long = the line is too long. Cut the text into pieces.
peer-code-unauthorized = it may not do that, or its key is not the known one. Ask its owner which key is theirs.
peer-code-bad-format = it was not understood. The two programs may not fit together; /log debug shows more.
peer-code-unknown-command = that kind of message is not known there. The other program may be an older one.
peer-code-relay-not-supported = the peer in between passes nothing on. Dial the destination with /connect.
peer-code-internal-error = something went wrong inside. Try again; /log debug shows more.
peer-code-other = “{ $code }”. /log debug shows more.

## papo peer: lists

peer-head-peer = PEER
peer-head-address = ADDRESS
peer-head-state = STATE
peer-head-direction = OPENED BY
peer-head-kind = KEY
peer-head-age = AGE
peer-head-rtt = RTT
peer-head-received = RECEIVED
peer-head-sent = SENT
peer-head-queued = WAITING
peer-head-to = TO
peer-head-next-hop = NEXT HOP
peer-head-hops = HOPS
peer-head-smoothed = MEAN
peer-head-jitter = JITTER
peer-head-last = LAST
peer-head-samples = SAMPLES
peer-no-peers = No peer is known yet.
peer-no-peers-in = No peer of { $namespace } is known yet.
peer-no-conns = There is no live link.
peer-no-routes = No route is known.
peer-no-rtts = No round-trip time was measured yet.
peer-state-connected = connected
peer-state-known = known
peer-state-waiting = dialed in { $time }
peer-state-failed =
    { $failures ->
        [one] failed once, dialed in { $time }
       *[other] failed { $failures } times, dialed in { $time }
    }
peer-inbound = them
peer-outbound = us
peer-proven = proven
peer-legacy = unproven
peer-traffic =
    { $lines ->
        [one] 1 line, { $bytes } B
       *[other] { $lines } lines, { $bytes } B
    }

peer-status-self = This is { $peer }.
peer-status-rendezvous = Rendezvous: { $state }
peer-status-network = Neighbors: { $neighbors }; known peers: { $known }; routes: { $routes }
peer-status-counters = Counters:
peer-rendezvous-off = none
peer-rendezvous-unregistered = { $server }, not registered yet
peer-rendezvous-registered = { $server }, registered for { $time }
peer-rendezvous-registered-seen = { $server }, registered for { $time }, seen as { $seen }
peer-rendezvous-looking = { $server }, looking without being registered
peer-rendezvous-failing = { $server }, { $reason }; next try in { $time }
peer-rendezvous-banned = { $server } does not listen to this address for { $time }
peer-rendezvous-gone = { $server }, registration taken back
peer-trouble-unreachable = nobody answers there: is papo rendezvous running?
peer-trouble-too-long = its answer is too long
peer-trouble-not-understood = its answer is no rendezvous server's
peer-trouble-refused = it refused: { $complaint }
error-identity = cannot use the key in { $path }: { $detail }
error-identity-foreign = { $path } holds no key of papo: choose another --identity, or move that file away

## papo sim: what keeps it from beginning

error-sim-scenario = there is no scenario "{ $given }"; papo sim without a name lists those there are, and a file is named with its path
error-sim-scenario-suggest = there is no scenario "{ $given }"; did you mean { $suggestion }?
error-sim-unreadable = cannot read { $path }: { $detail }
error-sim-large = { $path } is larger than { $limit } MiB
error-sim-file = { $path }:{ $line }:{ $column }: { $reason }
error-sim-reports = { $path }:{ $line }: this is no report: give a file that papo sim --json wrote
error-sim-seed = is no seed: write a whole number from 0
error-sim-seeds = is no range of seeds: write the first and the last, such as 1..1000
error-sim-nodes = is no number of peers: write a whole number from 1 to 200000
error-sim-keep = is no part of a schedule: copy what a failing run printed, such as n=0-3,7/a=1,4/t=12500000
error-sim-nodes-hubs = --nodes needs [[peers]]: this scenario has hubs only
error-sim-nodes-few = --nodes { $nodes } is too few: the smaller groups of this scenario have { $others } peers already

sim-mistake-toml = this is no TOML: { $detail }
sim-mistake-toml-wanted = this is no TOML: { $wanted } is missing here
sim-mistake-toml-twice = this key stands there twice
sim-mistake-toml-quotes = a text needs quotes
sim-mistake-missing = the key { $key } is missing here
sim-mistake-key = there is no key { $given } here; there are { $allowed }
sim-mistake-key-suggest = there is no key { $given } here; did you mean { $suggestion }? There are { $allowed }
sim-mistake-value = { $given } is none of { $allowed }
sim-mistake-value-suggest = { $given } is none of those allowed; did you mean { $suggestion }? There are { $allowed }
sim-mistake-wanted = { $given } does not fit: write { $wanted }
sim-mistake-section = there may be several of these: write the name of the section in two brackets, such as [[peers]]
sim-want = { $detail }
sim-want-time = a time such as "250ms", "1.5s" or "10m"
sim-want-times = a time such as "20ms", or a range such as "10ms..50ms"
sim-want-number = a number such as 5, or a range such as "3..8"; 1000000 at most
sim-want-share = a share such as "30%", "30%..95%" or 0.3
sim-want-bytes = bytes, such as 65536 or "64KiB"
sim-want-boolean = true or false
sim-want-text = a text in quotes
sim-want-list = a list: ["one", "two"], or for sections [[name]] on a line of its own
sim-problem-nobody = nobody is there: a scenario needs [[peers]] or [hubs]
sim-problem-both = peers and hubs do not meet: a scenario has [[peers]] or [hubs], not both
sim-problem-no-time = duration must be longer than 0
sim-problem-bad-name = "{ $given }" cannot be the name or the namespace of a peer: 1 to 64 characters, without @
sim-problem-no-namespace = namespaces needs at least one
sim-problem-needs-peers = this needs [[peers]], and there are none
sim-problem-needs-two = this needs two peers at least
sim-problem-needs-hubs = this needs [hubs], and there are none
sim-problem-needs-disks = this needs durable = true under [hubs]: these hubs have no disks
sim-problem-needs-rendezvous = this needs peers with a rendezvous: shape = "rendezvous" under [overlay]
sim-problem-too-late = this begins after duration is over
sim-problem-no-links = degree must be at least 1 in a random shape

## papo sim: the report

sim-title = { $scenario }, seed { $seed }
sim-title-many =
    { $runs ->
        [one] { $scenario }, 1 seed
       *[other] { $scenario }, { $runs } seeds
    }
sim-title-compare = before: means of { $before } runs; now: means of { $now } runs
sim-hash = trace hash { $hash }
sim-same = the same run as before: the traces are equal
sim-not-same = not the same run as before: the traces differ
sim-mean = mean
sim-least = least
sim-most = most
sim-before = before
sim-now = now
sim-change = change
sim-points = points
sim-section-who = Who
sim-section-many = Messages to many
sim-section-one = Messages to one
sim-section-cost = Cost
sim-section-hubs = Hubs
sim-section-promises = Promises
sim-figure-nodes = peers that run papo
sim-figure-legacy = peers that run other programs
sim-figure-hubs = hubs
sim-figure-time = virtual time
sim-figure-steps = steps
sim-figure-publications = published
sim-figure-delivery = shown where they should be
sim-figure-last-hop-mean = hops to the last peer, mean
sim-figure-last-hop-max = hops to the last peer, most
sim-figure-last-peer-mean = time to the last peer, mean
sim-figure-last-peer-max = time to the last peer, most
sim-figure-sends = sent
sim-figure-send-delivery = confirmed
sim-figure-send-mean = time to the confirmation, mean
sim-figure-redundancy = copies too many, for each that was needed
sim-figure-redundancy-first = the same, if only first arrivals were passed on
sim-figure-control = control bytes for each byte of text
sim-figure-searches = searches
sim-figure-per-search = lines for each search
sim-figure-degree = links of each peer at the end
sim-figure-healing = from the last fault to one whole network
sim-figure-said = said
sim-figure-said-delivery = shown where it should be
sim-checked = times checked
sim-untested = not tested by this run: { $promises }
sim-kept =
    { $promises ->
        [one] The promise that was tested was kept.
       *[other] All { $promises } promises that were tested were kept.
    }
sim-promise-r1 = what was acknowledged survives a crash
sim-promise-r2 = no silent gap
sim-promise-r3 = numbers only grow
sim-promise-r4 = no message of a hub is shown twice
sim-promise-r5 = saying the same again does not say it twice
sim-promise-r6 = who comes back gets exactly what was missed
sim-promise-r7 = linked hubs come to show the same
sim-promise-r8 = a stalled session delays nobody else
sim-promise-r9 = what an old service said is shown once and goes no further
sim-promise-u1 = every message to one peer ends exactly once
sim-promise-u2 = a message to one peer is shown at most once
sim-promise-u3 = what is confirmed was shown
sim-promise-u4 = no loops: ttl falls and a relay passes a try on once
sim-promise-u5 = a way that failed is not tried again for the same message
sim-promise-u6 = what a relay holds is bounded
sim-promise-u7 = a message to one peer has ended after 20 s
sim-promise-b1 = what a node publishes it shows nobody twice
sim-promise-b2 = a published message is displayed at most once
sim-promise-b3 = without faults every node that the ttl reaches gets it
sim-promise-b4 = what is invalid is not passed on, and what waits is bounded
sim-promise-legacy = old programs get what they can bear
sim-promise-panic = no machine panics
sim-promise-heals = after the last fault all become one network again
sim-promise-truth = nobody is shown what nobody said

## papo sim: a promise that was not kept

sim-violation = seed { $seed } breaks { $invariant }: { $promise }
sim-violation-at = step { $step }, at { $at } s
sim-violation-last = what happened last:
sim-replay = to see it again: { $command }
sim-small = looked for a smaller schedule that fails too, in at most { $tries } runs. What is left:
sim-left-actors =
    { $count ->
        [0] no actor
        [one] 1 actor: { $list }
       *[other] { $count } actors: { $list }
    }
sim-left-actions =
    { $count ->
        [0] no action
        [one] 1 action: { $list }
       *[other] { $count } actions: { $list }
    }
sim-left-until = until { $at } s
sim-left-all = everything: nothing could be left out
sim-replay-small = to see that again: { $command }
sim-progress = { $done } of { $total } seeds, { $rate } a second
sim-shrink-progress = making the schedule smaller: run { $done } of at most { $total }

## papo sim --trace

sim-trace-written = the ways of messages are in { $path }
sim-trace-message = { $kind } { $id } from { $from }, at { $at } s
sim-trace-others = without a message, from { $at } s
sim-trace-lost = lost
sim-trace-nothing = No message was on its way.
sim-trace-left-out = { $lines } more lines were not remembered.
sim-mark-says = says it to { $what }
sim-mark-shows = shows { $what }
sim-mark-failed = failed: { $what }
sim-mark-delivered = delivered
sim-mark-starts = starts
sim-mark-leaves = leaves
sim-mark-crashes = crashes
sim-drawn-messages = Only { $most } of { $count } messages are drawn; the text file has all.
sim-drawn-actors = Only { $most } of { $count } that take part are drawn; the text file has all.
sim-drawn-hops = Only the first { $most } of { $count } arrows are drawn; the text file has all.
sim-drawn-description = Sequence diagram: { $actors } lifelines, { $messages } messages, { $arrows } arrows. Time goes down, in milliseconds since the first event; a dashed arrow with a cross is a line that never arrived.
sim-drawn-legend = { $number } = { $kind } from { $from } at { $at } s, { $id }
