// Command foreset reads and writes Delta tables from a shell.
//
//	foreset create  flights --from flights.csv.gz --partition-by month
//	foreset append  flights more.jsonl --app-id loader --app-version 7
//	foreset cat     flights --where "month = 6 AND dep_delay > 60" --limit 10
//	foreset history flights
//
// What it prints is for a program unless standard output is a terminal: one
// JSON object a line. Option -o chooses: table, json, ndjson, csv, parquet,
// arrow. Messages and progress go to standard error.
//
//	run.go              arguments → one command → exit code
//	exit.go             errors → exit codes: the one place
//	<command>.go        one file for each command
//	format.go           rows → text: rows_json, rows_csv, rows_table, rows_arrow
//	column.go           Arrow values → text, the same in all of them
//	input.go            a file or standard input → rows: input_csv, input_jsonl, input_arrow
//	infer.go            text → the schema of a table to be created
//
// # Exit codes
//
//	0    done
//	1    schema, constraint, limit, timeout, and whatever is not listed
//	2    wrong usage, bad SQL
//	3    not found: a table, a version, a file, the row changes of a version
//	4    conflict, contention, or a commit whose outcome is unknown
//	5    the table needs a feature that this version does not have
//	6    corrupt, or verify found faults
//	7    denied
//	130  interrupted
//
// A closed pipe ends the command quietly, with 0.
package main
