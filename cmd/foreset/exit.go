package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// The exit codes; see the package documentation.
const (
	exitOK          = 0
	exitOther       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitUnsupported = 5
	exitCorrupt     = 6
	exitDenied      = 7
	exitInterrupted = 130
)

// usageError is a mistake in what was typed.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hintedError is an error of which the place where it happens knows what to do
// about it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// class is a kind of failure, and what to do about it.
type class struct {
	is   func(error) bool
	code int
	hint string
}

// classes are tried in turn. The order decides where an error is several
// things: what is known of the table's state goes before what led to it.
var classes = []class{
	{isClosedPipe, exitOK, ""},
	{is(table.ErrCommitUnknown), exitConflict,
		"foreset history shows whether the commit is there; repeating it with the same --app-id and --app-version is safe"},
	{is(context.Canceled), exitInterrupted, ""},
	{is(context.DeadlineExceeded), exitOther, ""},
	{as[*usageError], exitUsage, ""},
	{as[*storage.SchemeError], exitUsage, ""},
	{is(storage.ErrBadLocation), exitUsage, "a location is a path, or a URL such as file:///data/flights"},
	{is(syscall.ENOTDIR), exitUsage, "a table is a folder, and so is all that leads to it"},
	{isElsewhere, exitDenied, "--allow-external LOCATION lets a table's log name files of another place"},
	{is(table.ErrDenied), exitDenied, "check the permissions of the location and the credentials in use"},
	{is(table.ErrUnsupported), exitUnsupported, "an engine that has what is named can work with the table"},
	{is(errors.ErrUnsupported), exitUnsupported, ""},
	{is(storage.ErrUnsafe), exitUnsupported, "use a local disk or an object store"},
	{is(table.ErrContention), exitConflict, "nothing was committed; try again"},
	{is(table.ErrConflict), exitConflict, "nothing was committed; try again if the change still makes sense"},
	{is(errFaults), exitCorrupt, ""},
	{is(log.ErrGap), exitCorrupt, "restore the commit that is missing from a backup"},
	{is(log.ErrExternalPath), exitCorrupt, "the log names a file outside of the table, which is not followed"},
	{is(log.ErrBadPath), exitCorrupt, ""},
	{is(table.ErrCorrupt), exitCorrupt, "nothing was changed; restore the object that is named from a backup"},
	{is(storage.ErrBadName), exitCorrupt, ""},
	{is(table.ErrNoChanges), exitNotFound, "row changes are recorded while the table property delta.enableChangeDataFeed is true, and kept until VACUUM"},
	{is(table.ErrBarrier), exitOther, "read the versions before it and those from it on by themselves"},
	{isCast, exitOther, "TRY_CAST(… AS …) is null where a value cannot be cast"},
	{is(table.ErrNotTable), exitNotFound, "LOCATION is the folder that _delta_log is in; foreset create makes a table"},
	{is(table.ErrVersionGone), exitNotFound, "foreset history lists the versions that are left"},
	{is(fs.ErrNotExist), exitNotFound, ""},
	{is(table.ErrExists), exitOther, "foreset append and foreset overwrite write to a table that is there"},
}

// isElsewhere says that an error is a file outside of the table, which was not
// allowed.
func isElsewhere(err error) bool {
	return errors.Is(err, table.ErrDenied) && errors.Is(err, log.ErrExternalPath)
}

// isCast says that an expression casts a value that cannot be cast.
func isCast(err error) bool {
	e, is := errors.AsType[*expr.EvalError](err)
	return is && strings.HasPrefix(e.Class, "CAST_")
}

// classify is the exit code of an error and what to do about it, if there is
// something to say.
func classify(err error) (code int, hint string) {
	if err == nil {
		return exitOK, ""
	}
	code = exitOther
	for _, c := range classes {
		if c.is(err) {
			code, hint = c.code, c.hint
			break
		}
	}
	if h, ok := errors.AsType[*hintedError](err); ok {
		hint = h.hint
	}
	return code, hint
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// outputError is a failure to write to standard output.
type outputError struct{ err error }

func (e *outputError) Error() string { return fmt.Sprintf("write to standard output: %v", e.err) }
func (e *outputError) Unwrap() error { return e.err }

// isClosedPipe says that whoever read our output has had enough.
func isClosedPipe(err error) bool {
	out, ok := errors.AsType[*outputError](err)
	return ok && (errors.Is(out.err, io.ErrClosedPipe) || isBrokenPipe(out.err))
}

// outputWriter marks the errors of standard output.
type outputWriter struct{ w io.Writer }

func (o outputWriter) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		err = &outputError{err}
	}
	return n, err
}
