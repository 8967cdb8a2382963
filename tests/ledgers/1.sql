BEGIN TRANSACTION;
CREATE TABLE batch (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, usage TEXT NOT NULL, st02 TEXT NOT NULL,
  claims INTEGER NOT NULL, refused INTEGER NOT NULL, day TEXT NOT NULL) STRICT;
INSERT INTO "batch" VALUES('5hh9d8e0nh52arqhhr',X'9713063EA4ABE98D1514FA476FFACFDB','T','0001',1,0,'2026-01-15');
INSERT INTO "batch" VALUES('5hh9d8e0k9ymsvmw4j',X'9713063EA4ABE98D1514FA476FFACFDB','T','0001',1,1,'2026-01-15');
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
  chain TEXT NOT NULL) STRICT;
INSERT INTO "event" VALUES(1,'2026-01-15T09:30:00.000','5hh9d8e0nh52arqhhr','claimed','{"size": 832}','6cf45630ec531c49805f68696b13d73b6d1383db7be4fe8f067252b7d463ba28');
INSERT INTO "event" VALUES(2,'2026-01-15T09:30:00.000','5hh9d8e0nh52arqhhr','decided','{"duplicate_of": "", "first": 1, "folder": "archive", "numbers": 2, "reason": ""}','a205d9d1585fe1f03196e5fc67bcd69dcceabfaf4871f3f766fa12cb9d8bf6d8');
INSERT INTO "event" VALUES(3,'2026-01-15T09:30:00.000','5hh9d8e0nh52arqhhr','done','{}','e4019199a940ae615b924d57a5c796b68deff1098cd9694c9b2873a2aca35197');
INSERT INTO "event" VALUES(4,'2026-01-15T09:30:00.000','5hh9d8e0k9ymsvmw4j','claimed','{"size": 819}','c7a63772e77135c15900ec5827a63004f9c2e54038dcb8250172dad3ab9286d5');
INSERT INTO "event" VALUES(5,'2026-01-15T09:30:00.000','5hh9d8e0k9ymsvmw4j','decided','{"duplicate_of": "", "first": 3, "folder": "error", "numbers": 1, "reason": ""}','702bd55817f9966275ad6aca86e579256fef3a9285e2dde5c4e4a70527c174de');
INSERT INTO "event" VALUES(6,'2026-01-15T09:30:00.000','5hh9d8e0k9ymsvmw4j','done','{}','ed7f63ce5b2a2ab0bf3e0b0bfd51b24316e49545419a8d98e87a5a9ff78bed58');
INSERT INTO "event" VALUES(7,'2026-01-15T09:30:00.000','5hh9d8e0xzbwjgqqjb','claimed','{"size": 9}','b6fa12b26b037de300c4a1d586c9488bc229836287a4fc76872a8aefe56711aa');
INSERT INTO "event" VALUES(8,'2026-01-15T09:30:00.000','5hh9d8e0xzbwjgqqjb','decided','{"duplicate_of": "", "first": 4, "folder": "quarantine", "numbers": 0, "reason": "not_x12"}','9c24584a77ab0acac3cfacec63803ed7554b10b20383b16a7e6f84df31db2416');
INSERT INTO "event" VALUES(9,'2026-01-15T09:30:00.000','5hh9d8e0xzbwjgqqjb','done','{}','841ebbb0b8026cd3c2b4d99558b2114b3a32e2d2a629d66807a29e261edaca55');
INSERT INTO "event" VALUES(10,'2026-01-15T09:30:00.000','5hh9d8e0q5dwws4d9t','claimed','{"size": 832}','22235f50a61cebae30b747df64a666bc89eb71a989e6b45023af6c5984ff7532');
INSERT INTO "event" VALUES(11,'2026-01-15T09:30:00.000','5hh9d8e0q5dwws4d9t','decided','{"duplicate_of": "5hh9d8e0nh52arqhhr", "first": 4, "folder": "error", "numbers": 1, "reason": ""}','6f3f2a3fa000f2183a6c1e5f8dbb1b654dee9170e5b33c090085b6c837a54a3c');
INSERT INTO "event" VALUES(12,'2026-01-15T09:30:00.000','5hh9d8e0q5dwws4d9t','done','{}','fa6e2fdcfee5be3ede230ac80be20f2acf377e8f4b1d41d585feac8740a13363');
CREATE TABLE interchange (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, sender TEXT NOT NULL, number TEXT NOT NULL,
  usage TEXT NOT NULL, taken INTEGER NOT NULL, code TEXT NOT NULL, day TEXT NOT NULL) STRICT;
INSERT INTO "interchange" VALUES('5hh9d8e0nh52arqhhr',X'025492CDF20F48D35060B09D8CAEC6EC','SUBMIT042','000000001','T',1,'000','2026-01-15');
INSERT INTO "interchange" VALUES('5hh9d8e0k9ymsvmw4j',X'45A9FBFB77C66186264287936C7E7541','SUBMIT042','000000002','T',1,'000','2026-01-15');
INSERT INTO "interchange" VALUES('5hh9d8e0q5dwws4d9t',X'025492CDF20F48D35060B09D8CAEC6EC','SUBMIT042','000000001','T',0,'025','2026-01-15');
CREATE TABLE job (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, folder TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
  partner TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, claims INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, numbers INTEGER NOT NULL DEFAULT 0,
  replays TEXT NOT NULL DEFAULT '', claimed TEXT NOT NULL, decided TEXT NOT NULL DEFAULT '',
  done TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "job" VALUES('5hh9d8e0nh52arqhhr','a.edi',832,'2338031bcb94ad7b6d7cc73c6f233e5dfd54add56ec2761720ff90fafe803870','DONE','archive','archive/2026/01/15/5hh9d8e0nh52arqhhr','','',0,1,0,1,2,'','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000');
INSERT INTO "job" VALUES('5hh9d8e0k9ymsvmw4j','wrong.edi',819,'957d642ce34fc09328eca04e00b2378d93cc44956f19890525763bf9fd15227d','DONE','error','error/2026/01/15/5hh9d8e0k9ymsvmw4j','','',0,1,0,3,1,'','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000');
INSERT INTO "job" VALUES('5hh9d8e0xzbwjgqqjb','letter.txt',9,'161e70c0fe4fae11fe225d573ad61ff0ceccce7501d9760d83d044af7d538365','DONE','quarantine','quarantine/5hh9d8e0xzbwjgqqjb','not_x12','',0,0,0,4,0,'','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000');
INSERT INTO "job" VALUES('5hh9d8e0q5dwws4d9t','again.edi',832,'2338031bcb94ad7b6d7cc73c6f233e5dfd54add56ec2761720ff90fafe803870','DONE','error','error/2026/01/15/5hh9d8e0q5dwws4d9t','','',0,0,0,4,1,'','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000','2026-01-15T09:30:00.000');
CREATE TABLE lease (worker TEXT PRIMARY KEY, next INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
INSERT INTO "lease" VALUES('w4',5,100);
CREATE TABLE meta (version INTEGER NOT NULL) STRICT;
INSERT INTO "meta" VALUES(1);
CREATE TABLE output (
  job TEXT NOT NULL REFERENCES job (id), kind TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job, name)) STRICT;
INSERT INTO "output" VALUES('5hh9d8e0nh52arqhhr','999','out','999_SUBMIT042_000000001_5hh9d8e0nh52arqhhr.edi',298,'44bdb7023e66934305d761e718935c3d3e11803e7d579f1ceccca49b3b4609ca');
INSERT INTO "output" VALUES('5hh9d8e0nh52arqhhr','277ca','out','277CA_SUBMIT042_000000001_5hh9d8e0nh52arqhhr.edi',763,'bfa1b45da460c17584529f3db5e743ee59545b896b5a955506137a3bb81ae272');
INSERT INTO "output" VALUES('5hh9d8e0nh52arqhhr','report.json','','report.json',668,'b740b572eda4a2929e043eee191fddecd2d3a14b44f4bd05344b9d36c20da0b9');
INSERT INTO "output" VALUES('5hh9d8e0nh52arqhhr','report.txt','','report.txt',323,'7285f1bbfa2ffd8d75e4895eb3adb045770a434084acdd8ab5d65bc5d1cbe891');
INSERT INTO "output" VALUES('5hh9d8e0k9ymsvmw4j','999','out','999_SUBMIT042_000000002_5hh9d8e0k9ymsvmw4j.edi',332,'0c7b65f41254542ca52774f7d510b42b8a90e50f40677df1cad362b281c1716d');
INSERT INTO "output" VALUES('5hh9d8e0k9ymsvmw4j','report.json','','report.json',1088,'008ea16b55d2b46975aeb9abee82038806bae19586bbf184ca3ffda2f8936644');
INSERT INTO "output" VALUES('5hh9d8e0k9ymsvmw4j','report.txt','','report.txt',504,'75bfa31745eb22e8138e2ac33f72ccaf9720794a25e0318485206f4330b83919');
INSERT INTO "output" VALUES('5hh9d8e0q5dwws4d9t','ta1','out','TA1_SUBMIT042_000000001_5hh9d8e0q5dwws4d9t.edi',157,'77f76079d7cf00d6362bfe1097a15da47c7bc5472be16cdf0e9300870cb8eab8');
INSERT INTO "output" VALUES('5hh9d8e0q5dwws4d9t','report.json','','report.json',678,'114107cf1ec6a7eb8033bb4b940837a6e7fa44e1f760aa1fb99b0f1192d90e8a');
INSERT INTO "output" VALUES('5hh9d8e0q5dwws4d9t','report.txt','','report.txt',381,'d585287c921809239e70cef3a582a43aeb56181ca72d97fd259b7a33c3fdabd6');
CREATE TABLE permit (what TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
CREATE TABLE seq (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
INSERT INTO "seq" VALUES('control',101);
CREATE INDEX job_sha256 ON job (sha256);
CREATE INDEX job_open ON job (state) WHERE state <> 'DONE';
CREATE INDEX interchange_key ON interchange (key);
CREATE INDEX interchange_number ON interchange (number);
CREATE INDEX interchange_job ON interchange (job);
CREATE INDEX batch_key ON batch (key);
CREATE INDEX event_job ON event (job);
COMMIT;
