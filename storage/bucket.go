package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// FromBucket is the store of what lies below a prefix of a bucket that the
// caller opened with gocloud.dev; empty: of the whole bucket. Where the package
// of its service is imported (storage/s3, storage/azure, storage/gcs), its
// requests are made as that package makes them; otherwise they go through the
// bucket, whose conditional put is tried out before the first one. The caller
// closes the bucket after the store. A bucket of Azure needs storage/azure:
// gocloud's own driver keeps names with %, #, ?, " or \ under other names.
//
// It fails with [ErrUnsafe] for a bucket of gocloud's fileblob, in which two
// writers can both win a conditional put.
func FromBucket(b *blob.Bucket, prefix string) (Store, error) {
	var file os.FileInfo
	if b.As(&file) {
		return nil, fmt.Errorf("%w: gocloud's fileblob; use storage.NewLocal for files", ErrUnsafe)
	}
	prefix = strings.Trim(prefix, "/")
	for _, adopt := range adopters.all() {
		d, below, ok, err := adopt(b)
		if err != nil {
			return nil, err
		}
		if ok {
			if below += prefix; below != "" && prefix == "" && !strings.HasSuffix(below, "/") {
				return nil, fmt.Errorf("%w: the prefix %q of the bucket does not end in a slash", ErrBadLocation, below)
			}
			return NewRemote(d, &RemoteOptions{Prefix: strings.TrimSuffix(below, "/")})
		}
	}
	return NewRemote(&portable{b}, &RemoteOptions{Prefix: prefix})
}

// Adopter makes the driver of a bucket of gocloud, if it is one of its
// service; prefix is what the bucket puts before every key.
type Adopter func(b *blob.Bucket) (d Driver, prefix string, ok bool, err error)

// RegisterAdopter makes [FromBucket] ask an adopter. It is for the init
// functions of packages that implement drivers.
func RegisterAdopter(a Adopter) {
	adopters.mu.Lock()
	defer adopters.mu.Unlock()
	adopters.of = append(adopters.of, a)
}

var adopters adopterList

type adopterList struct {
	mu sync.RWMutex
	of []Adopter
}

func (l *adopterList) all() []Adopter {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of
}

// portable makes requests through a bucket of gocloud. Its drivers may repeat
// a request by themselves, so that Taken can be the caller's own doing.
type portable struct{ b *blob.Bucket }

var _ Driver = (*portable)(nil)

// pageSize is how many objects are asked for at once.
const pageSize = 1000

func (d *portable) Traits() Traits { return Traits{DeleteMax: 1} }
func (d *portable) String() string { return "bucket://" }
func (d *portable) Close() error   { return nil }

// checkKey refuses what gocloud's drivers change silently. That of Azure changes
// more, which is why its buckets need storage/azure.
func checkKey(key string) error {
	if strings.Contains(key, "../") || strings.IndexFunc(key, func(r rune) bool { return r < ' ' }) >= 0 {
		return &Failure{Class: Refused, Text: `gocloud changes names with control characters or "../"`, Err: ErrBadName}
	}
	return nil
}

func (d *portable) Read(ctx context.Context, key string, off, length int64) (io.ReadCloser, Info, error) {
	if err := checkKey(key); err != nil {
		return nil, Info{}, err
	}
	r, err := d.b.NewRangeReader(ctx, key, off, length, nil)
	if err != nil {
		if off > 0 {
			// A range past the end is an error of many kinds.
			if info, headErr := d.Head(ctx, key); headErr == nil && off >= info.Size {
				return nil, Info{}, &Failure{Class: OutOfRange}
			}
		}
		return nil, Info{}, d.failure(ctx, err)
	}
	return r, Info{Name: key, Size: r.Size(), Modified: r.ModTime()}, nil
}

func (d *portable) Head(ctx context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	a, err := d.b.Attributes(ctx, key)
	if err != nil {
		return Info{}, d.failure(ctx, err)
	}
	return Info{Name: key, Size: a.Size, Modified: a.ModTime}, nil // a read would not know the ETag
}

func (d *portable) Put(ctx context.Context, key string, body []byte, ifAbsent bool) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	// Upload rather than WriteAll: that one panics on Azure when it loses.
	err := d.b.Upload(ctx, key, bytes.NewReader(body), &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: ifAbsent})
	return "", d.failure(ctx, err)
}

// bucketUpload is a stream into a bucket.
type bucketUpload struct {
	d      *portable
	w      *blob.Writer
	cancel context.CancelFunc
	done   bool
}

func (d *portable) Upload(ctx context.Context, key string) (Upload, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w, err := d.b.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		cancel()
		return nil, d.failure(ctx, err)
	}
	return &bucketUpload{d: d, w: w, cancel: cancel}, nil
}

func (u *bucketUpload) Part(ctx context.Context, _ int, body []byte) error {
	stop := context.AfterFunc(ctx, u.cancel) // Write does not watch ctx
	defer stop()
	_, err := u.w.Write(body)
	return u.d.failure(ctx, err)
}

func (u *bucketUpload) Complete(ctx context.Context, _ int) error {
	if u.done {
		return &Failure{Class: NotFound, Text: "the upload has ended"}
	}
	u.done = true
	defer u.cancel()
	stop := context.AfterFunc(ctx, u.cancel)
	defer stop()
	return u.d.failure(ctx, u.w.Close())
}

func (u *bucketUpload) Abort(context.Context) error {
	if u.done {
		return nil
	}
	u.done = true
	u.cancel() // or Close would publish what there is
	_ = u.w.Close()
	return nil
}

func (d *portable) List(ctx context.Context, prefix, _, token string) (Page, error) {
	at := blob.FirstPageToken
	if token != "" {
		at = []byte(token)
	}
	objects, next, err := d.b.ListPage(ctx, at, pageSize, &blob.ListOptions{Prefix: prefix})
	if err != nil {
		return Page{}, d.failure(ctx, err)
	}
	page := Page{Next: string(next)}
	for _, o := range objects {
		if !o.IsDir {
			page.Objects = append(page.Objects, Info{Name: o.Key, Size: o.Size, Modified: o.ModTime})
		}
	}
	return page, nil
}

func (d *portable) Delete(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return err
		}
		if err := d.failure(ctx, d.b.Delete(ctx, key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// failure translates an error of gocloud by its code: the text may hold
// anything.
func (d *portable) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &Failure{Class: Lost, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
	code := gcerrors.Code(err)
	f := &Failure{Class: Lost, Text: "gocloud reports " + code.String()}
	switch code {
	case gcerrors.NotFound:
		f.Class = NotFound
	case gcerrors.AlreadyExists, gcerrors.FailedPrecondition:
		f.Class = Taken
	case gcerrors.PermissionDenied:
		f.Class = Denied
	case gcerrors.ResourceExhausted:
		f.Class = Throttled
	case gcerrors.InvalidArgument:
		f.Class = Refused
	case gcerrors.Unimplemented:
		f.Class = Unsupported
	}
	return f
}
