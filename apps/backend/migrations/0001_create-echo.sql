-- Up Migration
CREATE TABLE echo (
  nonce text PRIMARY KEY CHECK (length(nonce) BETWEEN 8 AND 64),
  written_at timestamptz NOT NULL DEFAULT now(),
  written_by text NOT NULL
);
CREATE INDEX echo_written_at ON echo (written_at);

-- Down Migration
DROP TABLE echo;
