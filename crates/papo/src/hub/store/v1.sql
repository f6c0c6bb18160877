-- Version 1. What is in a released version is never changed: what is to be different comes as the next version.

-- Who this hub is: one row with 16 bytes.
CREATE TABLE hub (id BLOB NOT NULL);

-- `messages` and `bytes` count what is kept of the room.
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
);

-- `origin`, `via` and `author` are 16 bytes each, `sent_at` milliseconds since 1970.
CREATE TABLE messages (
    position INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    origin BLOB NOT NULL,
    seq INTEGER NOT NULL,
    msg_id TEXT NOT NULL,
    src TEXT NOT NULL,
    label TEXT NOT NULL,
    payload TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    via BLOB,
    author BLOB,
    UNIQUE (room, origin, seq)
);
CREATE INDEX messages_of_room ON messages (room);
CREATE INDEX messages_of_author ON messages (author) WHERE author IS NOT NULL;

-- The highest number of each hub in each room; stays when the message goes.
CREATE TABLE heads (
    room INTEGER NOT NULL,
    origin BLOB NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (room, origin)
) WITHOUT ROWID;

-- Up to where each link needs nothing any more.
CREATE TABLE links (url TEXT PRIMARY KEY, through INTEGER NOT NULL) WITHOUT ROWID;

-- `key` is the nick without regard to case, `hash` an argon2id hash of the token.
CREATE TABLE tokens (
    key TEXT PRIMARY KEY,
    nick TEXT NOT NULL,
    hash TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;

-- The room stands in the index as a word, so that a search in one room does not walk through all others.
CREATE VIEW searchable AS SELECT position, 'r' || room AS room, payload FROM messages;
CREATE VIRTUAL TABLE words USING fts5 (
    room, payload, content = 'searchable', content_rowid = 'position',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
-- Pieces of the index are merged less often: a fifth less work for each message, and a search looks at a few more.
INSERT INTO words (words, rank) VALUES ('automerge', 16);
CREATE TRIGGER message_said AFTER INSERT ON messages BEGIN
    INSERT INTO words (rowid, room, payload) VALUES (new.position, 'r' || new.room, new.payload);
END;
CREATE TRIGGER message_dropped AFTER DELETE ON messages BEGIN
    INSERT INTO words (words, rowid, room, payload) VALUES ('delete', old.position, 'r' || old.room, old.payload);
END;
