package checkpoint

import (
	"errors"
	"fmt"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/log"
)

// ErrCorrupt is log.ErrCorrupt: what every error about the content of a
// checkpoint is, as a *log.CorruptError that names the file. The file is not
// Parquet, is cut short or damaged, lacks what an action must have, or claims
// absurd sizes. A table does without such a checkpoint by reading more commits.
var ErrCorrupt = log.ErrCorrupt

// ErrCount: the files of a [Source] are not as many, or not as large, as it
// says. Nothing was written.
var ErrCount = errors.New("the files do not add up")

// UnsupportedError is a checkpoint of a kind that this version of the library
// does not read. It is errors.ErrUnsupported.
type UnsupportedError struct {
	File string // name in the store
	What string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("checkpoint %s: %s is not supported", e.File, e.What)
}

// Is makes it errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

// VerifyError says that a checkpoint, read back before it was published, does
// not hold the state it was made from. Nothing was published. It is a fault of
// this library or of the machine, never of the table.
type VerifyError struct{ What string }

func (e *VerifyError) Error() string {
	return "checkpoint not published: what was encoded differs from the state in " + e.What
}

// corrupt says that a file is damaged.
func corrupt(file string, err error) error { return &log.CorruptError{Name: file, Err: err} }

// classify makes a fault of a Parquet file one of a checkpoint. Other errors,
// of the store or of ctx, stay what they are.
func classify(file string, err error) error {
	var fault *parquetfile.Error
	switch {
	case !errors.As(err, &fault):
		return err
	case errors.Is(err, parquetfile.ErrUnsupported):
		return &UnsupportedError{File: file, What: fault.Err.Error()}
	default:
		return corrupt(file, err)
	}
}
