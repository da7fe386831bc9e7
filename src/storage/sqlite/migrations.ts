/** Marks the file as Maestro's in its header: "MAES". */
export const APPLICATION_ID = 0x4d41_4553;

/**
 * What brings a store from one version to the next; the version of a store is the number of those that it has had.
 *
 * A released one is never changed. A journal's rows are linked backwards (`before`), so that appending touches the end of one tree only,
 * whichever run it is for. Bodies of more than 64 KiB are in `large`, so that following the links reads few pages. `base` is the position
 * of a journal's first row. A run's attributes are in its row, as JSON; `attributes` has one row for each, for the search only.
 */
export const MIGRATIONS: readonly string[] = [
  `
create table workers (
  id text primary key,
  files text not null,
  lease_until integer not null
) without rowid;
create table definitions (
  seq integer primary key,
  hash text not null unique,
  body not null
);
create table runs (
  seq integer primary key,
  id text not null unique,
  internal_id text not null,
  workflow text not null,
  version text not null,
  definition integer not null,
  queue text not null,
  parent_run text,
  parent_step text,
  root text not null,
  durability text not null,
  status text not null,
  cause text,
  pause_reason text,
  wake_at integer,
  started_at integer not null,
  finished_at integer,
  head integer not null,
  tail integer not null,
  turn_id text not null,
  token integer not null,
  owner text,
  crashes integer not null,
  mail integer not null,
  error_code text,
  error_message text,
  pause_message,
  error,
  output
);
create index runs_status on runs (status);
create index runs_workflow on runs (workflow);
create index runs_definition on runs (definition);
create index runs_child on runs (root) where parent_run is not null;
create index runs_ended on runs (finished_at) where finished_at is not null and parent_run is null;
create index runs_owner on runs (owner) where owner is not null;
create index runs_mail on runs (owner) where mail = 1;
create index runs_due on runs (queue, wake_at) where owner is null and wake_at is not null;
create table starts (
  run integer primary key,
  body not null
);
create table journal (
  seq integer primary key,
  before integer not null,
  body
);
create table large (
  seq integer primary key,
  body not null
);
create table messages (
  seq integer primary key,
  run integer not null,
  id text not null,
  time integer not null,
  kind text not null,
  body,
  is_taken integer not null,
  unique (run, id)
);
create index messages_waiting on messages (run) where is_taken = 0;
`,
  `
alter table runs add column base integer not null default 0;
alter table runs add column attributes text;
create table attributes (
  key text not null,
  run integer not null,
  primary key (key, run)
) without rowid;
`,
  `
alter table runs add column pause_difference;
`,
];
