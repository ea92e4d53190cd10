package verify

import (
	"context"
	"errors"
	"io/fs"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// faultOf says whether an error is about what an object is, rather than about
// getting at it, and then what is wrong with it. The object is empty if the
// error does not name it.
func faultOf(err error) (Fault, bool) {
	f := Fault{Version: -1, Detail: err.Error()}
	var corrupt *log.CorruptError
	var limit *log.LimitError
	var parquet *parquetfile.Error
	var typ *parquetio.TypeError
	var store *storage.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return f, false
	case errors.Is(err, log.ErrExternalPath):
		f.Kind = Outside
	case errors.Is(err, log.ErrBadPath), errors.Is(err, storage.ErrBadName):
		f.Kind = Wrong
	case errors.As(err, &corrupt):
		f.Kind, f.Object = Damaged, corrupt.Name
	case errors.As(err, &limit):
		f.Kind, f.Object = Damaged, limit.Name
	case errors.As(err, &typ):
		f.Kind, f.Object = Wrong, typ.Name
	case errors.As(err, &parquet) && parquet.Kind == parquetfile.ErrUnsupported, errors.Is(err, errors.ErrUnsupported):
		f.Kind, f.Detail = Note, "not looked at: "+err.Error()
	case parquet != nil:
		f.Kind, f.Object = Damaged, parquet.Name
	case errors.Is(err, log.ErrCorrupt):
		f.Kind = Wrong
	case errors.Is(err, fs.ErrNotExist):
		f.Kind = Missing
		if errors.As(err, &store) {
			f.Object = store.Name
		}
	default:
		return f, false
	}
	return f, true
}
