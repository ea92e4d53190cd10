package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	gcstorage "cloud.google.com/go/storage"
	"golang.org/x/oauth2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
	"google.golang.org/api/iterator"

	"github.com/foreset/foreset/storage"
)

// driver makes the requests of one bucket.
type driver struct {
	client *gcstorage.Client
	bucket string
	kmsKey string
	custom bool // an emulator

	tokens    oauth2.TokenSource // nil: none, or what the caller's client has
	asking    singleflight.Group // for a token
	transport *http.Transport    // nil: it is the caller's
}

var _ storage.Driver = (*driver)(nil)

func (d *driver) String() string { return "gs://" + d.bucket }

func (d *driver) Close() error {
	if d.transport != nil {
		d.transport.CloseIdleConnections()
	}
	return nil
}

// chunk is the size of the chunks of a large object.
const chunk = 8 << 20

func (d *driver) Traits() storage.Traits {
	return storage.Traits{DeleteMax: 100, PartsAtOnce: 1, PartMin: chunk, PartMax: 1 << 20, Sorted: true, Conditional: !d.custom}
}

// ready makes sure that there is a token: neither a source of tokens nor the
// library's transport watches a context. All requests wait for one search,
// which goes on when the request that began it is given up.
func (d *driver) ready(ctx context.Context) error {
	if d.tokens == nil {
		return nil
	}
	found := d.asking.DoChan("", func() (any, error) {
		done := make(chan error, 1)
		go func() {
			_, err := d.tokens.Token()
			done <- err
		}()
		late := time.NewTimer(credentialTime)
		defer late.Stop()
		select {
		case err := <-done:
			return nil, err
		case <-late.C:
			return nil, os.ErrDeadlineExceeded
		}
	})
	select {
	case answer := <-found:
		if answer.Err != nil {
			return noToken()
		}
		return nil
	case <-ctx.Done():
		return &storage.Failure{Class: storage.NotSent, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
}

// object is an object whose requests the library does not repeat.
func (d *driver) object(key string) *gcstorage.ObjectHandle {
	return d.client.Bucket(d.bucket).Object(key).Retryer(gcstorage.WithPolicy(gcstorage.RetryNever))
}

func (d *driver) Read(ctx context.Context, key string, off, length int64) (io.ReadCloser, storage.Info, error) {
	if err := d.ready(ctx); err != nil {
		return nil, storage.Info{}, err
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	// The reader answers a cut body with requests for the rest, without end. Our
	// transport sends none of them. A caller's own may send one: that the ctx
	// ends when it looks for a connection, is a race that a connection at hand
	// can win.
	var answered atomic.Bool
	end := func() bool {
		if answered.Load() {
			cancel()
		}
		return answered.Load()
	}
	ctx = context.WithValue(ctx, endKey{}, end)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { end() }})
	r, err := d.object(key).ReadCompressed(true).NewRangeReader(ctx, off, length)
	if err != nil {
		defer cancel()
		if unexplained(err) {
			// What describes the object says more.
			if _, err := d.Head(outer, key); err != nil {
				return nil, storage.Info{}, err
			}
			return nil, storage.Info{}, &storage.Failure{Class: storage.Lost, Text: "404 for an object that is there: is there a proxy between?"}
		}
		return nil, storage.Info{}, failure(outer, err, reading)
	}
	answered.Store(true)
	if r.Attrs.Generation <= 0 {
		r.Close()
		cancel()
		return nil, storage.Info{}, notGCS()
	}
	return &body{outer, r, cancel}, storage.Info{
		Name: key, Size: r.Attrs.Size, Modified: r.Attrs.LastModified, ETag: strconv.FormatInt(r.Attrs.Generation, 10),
	}, nil
}

// endKey is where the ctx of a read holds a function that ends it, and says so,
// if it was answered before.
type endKey struct{}

// body translates the failures of reading.
type body struct {
	ctx context.Context
	*gcstorage.Reader
	cancel context.CancelFunc
}

func (b *body) Close() error {
	defer b.cancel()
	return b.Reader.Close()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if b.ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return n, &storage.Failure{Class: storage.Lost, Text: "the answer was cut short"}
	}
	return n, failure(b.ctx, err, reading)
}

// notGCS is an answer without what GCS always says, such as the page of a
// proxy.
func notGCS() error {
	return &storage.Failure{Class: storage.Lost, Text: "the answer is not one of GCS (no generation): is there a proxy between?"}
}

func infoOf(a *gcstorage.ObjectAttrs) storage.Info {
	return storage.Info{Name: a.Name, Size: a.Size, Modified: a.Updated, ETag: strconv.FormatInt(a.Generation, 10)}
}

func (d *driver) Head(ctx context.Context, key string) (storage.Info, error) {
	if err := d.ready(ctx); err != nil {
		return storage.Info{}, err
	}
	a, err := d.object(key).Attrs(ctx)
	if err != nil {
		return storage.Info{}, failure(ctx, err, reading)
	}
	if a.Generation <= 0 {
		return storage.Info{}, notGCS()
	}
	return infoOf(a), nil
}

// contentType is said so that the library does not guess it.
const contentType = "application/octet-stream"

func (d *driver) Put(ctx context.Context, key string, content []byte, ifAbsent bool) (string, error) {
	if err := d.ready(ctx); err != nil {
		return "", err
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a writer that was not closed is given up
	o := d.object(key)
	if ifAbsent {
		o = o.If(gcstorage.Conditions{DoesNotExist: true})
	}
	w := o.NewWriter(ctx)
	w.ChunkSize, w.ContentType, w.KMSKeyName = 0, contentType, d.kmsKey // 0: one request
	_, err := io.Copy(w, bytes.NewReader(content))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", failure(outer, err, writing)
	}
	if w.Attrs().Generation <= 0 {
		return "", notGCS()
	}
	return strconv.FormatInt(w.Attrs().Generation, 10), nil
}

// List asks for one page. Only those without any object the library skips by
// itself.
func (d *driver) List(ctx context.Context, prefix, start, token string) (storage.Page, error) {
	if err := d.ready(ctx); err != nil {
		return storage.Page{}, err
	}
	q := &gcstorage.Query{Prefix: prefix, StartOffset: start, Projection: gcstorage.ProjectionNoACL}
	if err := q.SetAttrSelection([]string{"Name", "Size", "Updated", "Generation"}); err != nil {
		return storage.Page{}, err
	}
	objects := d.client.Bucket(d.bucket).Retryer(gcstorage.WithPolicy(gcstorage.RetryNever)).Objects(ctx, q)
	at := objects.PageInfo()
	at.MaxSize, at.Token = 1000, token
	var page storage.Page
	for first := true; first || at.Remaining() > 0; first = false {
		a, err := objects.Next()
		if err == iterator.Done {
			break
		}
		if err != nil {
			return storage.Page{}, failure(ctx, err, listing)
		}
		if a.Generation <= 0 && a.Name != "" {
			return storage.Page{}, notGCS()
		}
		if a.Name != "" { // otherwise the prefix of a folder
			page.Objects = append(page.Objects, infoOf(a))
		}
	}
	page.Next = at.Token
	return page, nil
}

// Delete removes objects several at a time: the library has no batches.
func (d *driver) Delete(ctx context.Context, keys []string) error {
	if err := d.ready(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for _, key := range keys {
		g.Go(func() error {
			err := d.object(key).Delete(ctx)
			if err == nil {
				return nil
			}
			if f := failure(ctx, err, reading); f.Class != storage.NotFound {
				return f
			}
			return nil
		})
	}
	return g.Wait()
}

// upload is a resumable upload, which the library sends in chunks.
type upload struct {
	ctx    context.Context
	w      *gcstorage.Writer
	cancel context.CancelFunc
	opened atomic.Bool // the library's stream is
	size   int64       // of the parts, which come one after the other

	mu   sync.Mutex // guards done
	done bool
}

func (d *driver) Upload(ctx context.Context, key string) (storage.Upload, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := d.client.Bucket(d.bucket).Object(key).NewWriter(ctx)
	w.ChunkSize, w.ContentType, w.KMSKeyName = chunk, contentType, d.kmsKey
	return &upload{ctx: ctx, w: w, cancel: cancel}, nil
}

func (u *upload) Part(ctx context.Context, _ int, content []byte) error {
	stop := context.AfterFunc(ctx, u.giveUp) // Write itself does not watch ctx
	defer stop()
	if _, err := u.w.Write(content); err != nil {
		return u.failure(ctx, err)
	}
	u.opened.Store(true)
	u.size += int64(len(content))
	return nil
}

// giveUp ends a Write, too. Nobody reads what it writes once the service has
// taken a part for the last one; the first part is always read.
func (u *upload) giveUp() {
	u.cancel()
	if u.opened.Load() {
		//lint:ignore SA1019 to cancel is not enough
		_ = u.w.CloseWithError(context.Canceled)
	}
}

// failure is that of the upload or of the call, whose end ends the upload.
func (u *upload) failure(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		ctx = u.ctx
	}
	return failure(ctx, err, writing)
}

// end says whether this is the first call that ends the upload.
func (u *upload) end() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	first := !u.done
	u.done = true
	return first
}

func (u *upload) Complete(ctx context.Context, _ int) error {
	if !u.end() {
		return &storage.Failure{Class: storage.NotFound, Text: "the upload has ended"}
	}
	defer u.cancel()
	stop := context.AfterFunc(ctx, u.giveUp)
	defer stop()
	if err := u.w.Close(); err != nil {
		return u.failure(ctx, err)
	}
	a := u.w.Attrs()
	if a.Generation <= 0 {
		return notGCS()
	}
	if a.Size != u.size {
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("%d of %d bytes were taken", a.Size, u.size)}
	}
	return nil
}

func (u *upload) Abort(context.Context) error {
	if u.end() {
		u.cancel() // first, or Close would publish what there is
		if err := u.w.Close(); err != nil && !errors.Is(err, context.Canceled) {
			return nil // it was given up, however it ended
		}
	}
	return nil
}
