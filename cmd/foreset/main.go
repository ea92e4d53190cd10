package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/foreset/foreset/storage/azure" // abfss:// and its kin
	_ "github.com/foreset/foreset/storage/gcs"   // gs://
	_ "github.com/foreset/foreset/storage/s3"    // s3://
)

func main() {
	// A reader that goes away is an error of the write, not the end of the
	// process: a commit that is under way finishes first.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
