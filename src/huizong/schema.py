"""The tables of the book of record, and what each later version of it added."""

_STATES = "'adopted', 'pending', 'returned', 'superseded', 'not_a_return'"
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE issued (
    period TEXT NOT NULL, set_code TEXT NOT NULL, version TEXT NOT NULL, unit TEXT NOT NULL,
    role TEXT NOT NULL, seal TEXT NOT NULL, digest TEXT NOT NULL, path TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (period, set_code, unit, role, version)) STRICT;
CREATE TABLE file (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL,
    received_at TEXT NOT NULL, made_at TEXT NOT NULL, kept_as TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ({_STATES})), reason TEXT NOT NULL, details BLOB,
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    number INTEGER NOT NULL, seal TEXT NOT NULL, put_aside INTEGER NOT NULL) STRICT;
CREATE INDEX file_of ON file (period, set_code, unit);
CREATE TABLE sighting (
    path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL REFERENCES file, at TEXT NOT NULL,
    PRIMARY KEY (path, digest)) STRICT, WITHOUT ROWID;
CREATE TABLE reading (
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE REFERENCES file, read_by TEXT NOT NULL,
    blob BLOB NOT NULL) STRICT;
CREATE TABLE figure (
    reading INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE, code TEXT NOT NULL,
    col TEXT NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (reading, code, col)) STRICT, WITHOUT ROWID;
CREATE TABLE finding (
    key TEXT NOT NULL, digest TEXT NOT NULL, unit TEXT NOT NULL,
    period TEXT NOT NULL, set_code TEXT NOT NULL, blob BLOB NOT NULL,
    state TEXT NOT NULL CHECK
        (state IN ('open', 'explained', 'released', 'accepted', 'rejected', 'closed')),
    explanation TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    audited TEXT NOT NULL, PRIMARY KEY (digest, key)) STRICT, WITHOUT ROWID;
CREATE INDEX finding_of ON finding (period, set_code, key);
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, period TEXT NOT NULL, action TEXT NOT NULL,
    file TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    source TEXT NOT NULL) STRICT;
CREATE INDEX answer_to ON answer (key);
CREATE TABLE standing (
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL, late INTEGER NOT NULL,
    PRIMARY KEY (period, set_code, unit, role)) STRICT, WITHOUT ROWID;
CREATE TABLE audited (digest TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE opening (
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    code TEXT NOT NULL, value TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (period, set_code, unit, role, code)) STRICT, WITHOUT ROWID;
CREATE TABLE summary (
    period TEXT NOT NULL, set_code TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL,
    digest TEXT NOT NULL, checksum TEXT NOT NULL, made_at TEXT NOT NULL, blob BLOB NOT NULL,
    PRIMARY KEY (period, set_code, number)) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, details TEXT NOT NULL,
    hash TEXT NOT NULL) STRICT;
CREATE TRIGGER event_stays BEFORE UPDATE ON event
    BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event
    BEGIN SELECT raise(ABORT, 'events are never removed'); END;
"""
# What was added since: a book of version n lacks what stands from UPGRADES[n - 1] on. Append only.
UPGRADES = (
    """CREATE TABLE closing (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, closed INTEGER NOT NULL, officer TEXT NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL, backup TEXT NOT NULL) STRICT;""",
    """CREATE TABLE paper (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL,
    role TEXT NOT NULL, code TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE signature (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, set_code TEXT NOT NULL, number INTEGER NOT NULL,
    checksum TEXT NOT NULL, step TEXT NOT NULL CHECK (step IN ('draft', 'check', 'sign')),
    officer TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL) STRICT;""",
    """CREATE TABLE sent_back (
    mark TEXT PRIMARY KEY, digest TEXT NOT NULL, cells TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;""",
    """CREATE TABLE gone (
    digest TEXT NOT NULL, key TEXT NOT NULL, period TEXT NOT NULL, blob BLOB NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (digest, key)) STRICT, WITHOUT ROWID;""",
    """CREATE TABLE letter (
    digest TEXT PRIMARY KEY, kept_as TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    received_at TEXT NOT NULL, state TEXT NOT NULL CHECK
        (state IN ('stored', 'opened', 'refused')),
    reason TEXT NOT NULL, blob BLOB NOT NULL) STRICT;
CREATE INDEX letter_waits ON letter (state) WHERE state = 'stored';
CREATE TABLE letter_place (
    place TEXT PRIMARY KEY, digest TEXT NOT NULL REFERENCES letter, at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;""",
    """CREATE TABLE draft (
    about TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL,
    period TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (about, number)) STRICT, WITHOUT ROWID;""",
    """CREATE TABLE approval (
    message_id TEXT PRIMARY KEY, about TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL,
    unit TEXT NOT NULL, period TEXT NOT NULL, kept_as TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    approved_by TEXT NOT NULL, approved_at TEXT NOT NULL, subject TEXT NOT NULL,
    files TEXT NOT NULL, UNIQUE (about, number)) STRICT;
CREATE TABLE sending (
    message_id TEXT NOT NULL REFERENCES approval, recipient TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('waiting', 'sending', 'sent', 'refused', 'given_up', 'unknown', 'cancelled')),
    tries INTEGER NOT NULL, since TEXT NOT NULL, next_at TEXT NOT NULL, reply TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (message_id, recipient)) STRICT;
CREATE TRIGGER sending_is_over BEFORE UPDATE ON sending WHEN old.state = 'sent'
    BEGIN SELECT raise(ABORT, 'what was sent is never sent again'); END;
CREATE TRIGGER sending_begins BEFORE UPDATE ON sending
    WHEN new.state = 'sending' AND old.state <> 'waiting'
    BEGIN SELECT raise(ABORT, 'only what waits is sent'); END;
CREATE TRIGGER sending_stays BEFORE DELETE ON sending
    BEGIN SELECT raise(ABORT, 'letters out are never removed'); END;""",
)
SCHEMA_VERSION = 1 + len(UPGRADES)
