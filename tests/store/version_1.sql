-- What version 1 of the ledger left on a disk: three receipts, two cards and one holder.
PRAGMA application_id = 1819244897;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'ledger','0001_ledger','2026-11-22 01:19:09.552186+00:00');
CREATE TABLE answer (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  account TEXT,
  request_hash BLOB NOT NULL,
  body TEXT NOT NULL,
  seq INTEGER NOT NULL REFERENCES record,
  PRIMARY KEY (kind, id)
) STRICT;
INSERT INTO "answer" VALUES('receipt','r1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'0000000000000000000000000000000000000000000000000000000000000000','{"receipt":"r1","seq":1}',1);
INSERT INTO "answer" VALUES('receipt','r2','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',X'0000000000000000000000000000000000000000000000000000000000000000','{"receipt":"r2","seq":2}',2);
INSERT INTO "answer" VALUES('receipt','r3','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'0000000000000000000000000000000000000000000000000000000000000000','{"receipt":"r3","seq":3}',3);
CREATE TABLE card (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  number TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "card" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bonus','active','2990000000019');
INSERT INTO "card" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bonus','active','2990000000026');
CREATE TABLE counter (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  date TEXT NOT NULL,
  since TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, name, date, since)
) STRICT, WITHOUT ROWID;
INSERT INTO "counter" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','visits','2026-12-05','2026-12-05',2);
INSERT INTO "counter" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','visits','2026-12-05','2026-12-05',1);
CREATE TABLE lot (
  account TEXT NOT NULL,
  wallet TEXT NOT NULL,
  bucket TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, wallet, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO "lot" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bonus','lot/2026-12-19/2027-12-05',2080);
INSERT INTO "lot" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bonus','lot/2026-12-19/2027-12-05',1040);
CREATE TABLE person (
  account TEXT PRIMARY KEY,
  name TEXT,
  birthday TEXT,
  phone TEXT,
  consent TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "person" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','Anna',NULL,NULL,NULL);
CREATE TABLE program (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  starts TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (id, version)
) STRICT;
CREATE TABLE record (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  line TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT,
  receipt TEXT,
  account TEXT,
  business_date TEXT NOT NULL
) STRICT;
INSERT INTO "record" VALUES(1,X'B02D6D94AEF0EA52FE3204228A2A06C50FB73C8DAD1A668E38AC9B6D38329A37','{"at":"2026-12-05T10:30:00+03:00","business_date":"2026-12-05","card":{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"bonus"},"chain":"zelenka","clock":"synced","counters":[{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","amount":1,"date":"2026-12-05","name":"visits"}],"epoch":"ab8c626b6050652e","id":"r1","offset":180,"postings":[{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","amount":1040,"credit":"lot/2026-12-19/2027-12-05","debit":"issued","wallet":"bonus"}],"program":{"hash":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","id":"zelenka","version":12},"recorded_at":"2026-12-05T10:30:00.000+03:00","seen":{"account":{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},"seq":1,"store":"msk-017","till":"3","type":"receipt","v":1}','receipt','r1',NULL,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-12-05');
INSERT INTO "record" VALUES(2,X'8F7E0CFCA2CBE17142A71E67514C6046AABA2013C1F0169D340966CBD43D9379','{"at":"2026-12-05T10:30:00+03:00","business_date":"2026-12-05","card":{"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"bonus"},"chain":"zelenka","clock":"synced","counters":[{"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","amount":1,"date":"2026-12-05","name":"visits"}],"epoch":"ab8c626b6050652e","id":"r2","offset":180,"postings":[{"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","amount":1040,"credit":"lot/2026-12-19/2027-12-05","debit":"issued","wallet":"bonus"}],"program":{"hash":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","id":"zelenka","version":12},"recorded_at":"2026-12-05T10:30:00.000+03:00","seen":{"account":{"id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}},"seq":2,"store":"msk-017","till":"3","type":"receipt","v":1}','receipt','r2',NULL,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2026-12-05');
INSERT INTO "record" VALUES(3,X'ED81BA73E6EEC68F5E677103798EDB41EA863BFE2C6EE1B7052A1846563B0FE1','{"at":"2026-12-05T10:30:00+03:00","business_date":"2026-12-05","card":{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"bonus"},"chain":"zelenka","clock":"synced","counters":[{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","amount":1,"date":"2026-12-05","name":"visits"}],"epoch":"ab8c626b6050652e","id":"r3","offset":180,"postings":[{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","amount":1040,"credit":"lot/2026-12-19/2027-12-05","debit":"issued","wallet":"bonus"}],"program":{"hash":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","id":"zelenka","version":12},"recorded_at":"2026-12-05T10:30:00.000+03:00","seen":{"account":{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},"seq":3,"store":"msk-017","till":"3","type":"receipt","v":1}','receipt','r3',NULL,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-12-05');
CREATE TABLE stream (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  header TEXT NOT NULL,
  chain TEXT NOT NULL,
  store TEXT NOT NULL,
  till TEXT NOT NULL,
  epoch TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;
INSERT INTO "stream" VALUES(1,'{"chain":"zelenka","epoch":"ab8c626b6050652e","key":"abababababababababababababababababababababababababababababababab","store":"msk-017","till":"3","type":"stream","v":1}','zelenka','msk-017','3','ab8c626b6050652e','abababababababababababababababababababababababababababababababab');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX record_by_id ON record (type, id)
  WHERE id IS NOT NULL;
CREATE INDEX record_by_receipt ON record (receipt, seq)
  WHERE receipt IS NOT NULL;
CREATE TRIGGER stream_no_update BEFORE UPDATE ON stream BEGIN
  SELECT RAISE(ABORT, 'stream: facts are only added');
END;
CREATE TRIGGER stream_no_delete BEFORE DELETE ON stream BEGIN
  SELECT RAISE(ABORT, 'stream: facts are only added');
END;
CREATE TRIGGER stream_no_replace BEFORE INSERT ON stream WHEN EXISTS (SELECT 1 FROM stream) BEGIN
  SELECT RAISE(ABORT, 'stream: facts are only added, each once and in order');
END;
CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN
  SELECT RAISE(ABORT, 'record: facts are only added');
END;
CREATE TRIGGER record_no_delete BEFORE DELETE ON record BEGIN
  SELECT RAISE(ABORT, 'record: facts are only added');
END;
CREATE TRIGGER record_no_replace BEFORE INSERT ON record WHEN NEW.seq IS NOT (SELECT ifnull(max(seq), 0) + 1 FROM record)
    OR EXISTS (SELECT 1 FROM record WHERE type = NEW.type AND id = NEW.id) BEGIN
  SELECT RAISE(ABORT, 'record: facts are only added, each once and in order');
END;
CREATE TRIGGER program_no_update BEFORE UPDATE ON program BEGIN
  SELECT RAISE(ABORT, 'program: facts are only added');
END;
CREATE TRIGGER program_no_delete BEFORE DELETE ON program BEGIN
  SELECT RAISE(ABORT, 'program: facts are only added');
END;
CREATE TRIGGER program_no_replace BEFORE INSERT ON program WHEN EXISTS (SELECT 1 FROM program
    WHERE hash = NEW.hash OR (id = NEW.id AND version = NEW.version)) BEGIN
  SELECT RAISE(ABORT, 'program: facts are only added, each once and in order');
END;
COMMIT;
