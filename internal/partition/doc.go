// Package partition turns partition values into what the log and the bucket
// hold, and back. It owns the one rule for each direction:
//
//	values ──Map──► add.partitionValues ──Values──► values
//	   │
//	   Dir          s=a%2Fb            a folder, escaped as Hive does
//	   ▼
//	object name     s=a%2Fb/part-….parquet
//	   │  ▲
//	   │  log.DecodePath  percent-decodes once
//	   ▼  │
//	add.path        s=a%252Fb/part-….parquet      log.EncodePath encodes once
//
// Rules:
//
//	(1) partitionValues is the truth. A folder's name is for people and is
//	    never read back: other engines write it in local time, or at random.
//	(2) An object's name is the path decoded exactly once. The path as written
//	    is the file's identity and is copied, never made again from the name.
//	(3) A decoded name stays inside the table: no empty, "." or ".." segment.
//	(4) What we name, every engine and file system can open: no colon, no
//	    character that java.net.URI refuses, no name that Windows changes.
package partition
