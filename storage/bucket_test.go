package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

func fromBucket(t *testing.T, b *blob.Bucket, prefix string) Store {
	t.Helper()
	t.Cleanup(func() { b.Close() })
	s, err := FromBucket(b, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFileblobIsRefused(t *testing.T) {
	for _, prefixed := range []bool{false, true} {
		b, err := fileblob.OpenBucket(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if prefixed {
			b = blob.PrefixedBucket(b, "p/")
		}
		if _, err := FromBucket(b, ""); !errors.Is(err, ErrUnsafe) {
			t.Error(err)
		}
		b.Close()
	}
}

func TestPrefixedBucketsHoldWhatIsBelow(t *testing.T) {
	for _, c := range []struct{ bucket, prefix, key string }{
		{"", "", "log/0"}, {"", "t", "t/log/0"}, {"", "/t/u/", "t/u/log/0"}, {"p/", "", "p/log/0"}, {"p/", "t", "p/t/log/0"}, {"p", "t", "pt/log/0"},
	} {
		all := memblob.OpenBucket(nil)
		b := all
		if c.bucket != "" {
			b = blob.PrefixedBucket(memblob.OpenBucket(nil), c.bucket)
		}
		s := fromBucket(t, b, c.prefix)
		if outcome, _, err := s.PutIfAbsent(t.Context(), "log/0", []byte("x")); outcome != Created || err != nil {
			t.Fatal(outcome, err)
		}
		if there, err := b.Exists(t.Context(), strings.TrimPrefix(c.key, c.bucket)); !there || err != nil {
			t.Errorf("%+v: %v, %v", c, there, err)
		}
		if got, err := names(t, s, "", ""); err != nil || len(got) != 1 || got[0] != "log/0" {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	b := memblob.OpenBucket(nil)
	defer b.Close()
	if _, err := FromBucket(b, "a//b"); !errors.Is(err, ErrBadLocation) {
		t.Error(err)
	}
}

func TestAdoptersAreAskedFirst(t *testing.T) {
	mine, other := memblob.OpenBucket(nil), memblob.OpenBucket(nil)
	defer mine.Close()
	d, below := newFakeDriver(), ""
	refused := errors.New("refused")
	before := adopters.all()
	defer func() { adopters.of = before }()
	RegisterAdopter(func(*blob.Bucket) (Driver, string, bool, error) { return nil, "", false, nil })
	RegisterAdopter(func(b *blob.Bucket) (Driver, string, bool, error) {
		if below == "error" {
			return nil, "", false, refused
		}
		return d, below, b == mine, nil
	})
	for _, c := range []struct{ below, prefix, place string }{
		{"", "", "fake://bucket"}, {"p/", "", "fake://bucket/p"}, {"p/", "/t/", "fake://bucket/p/t"}, {"p", "t", "fake://bucket/pt"},
		{"p", "", ""}, {"/p/", "", ""}, {"p//", "", ""}, {"p//", "t", ""},
	} {
		below = c.below
		s, err := FromBucket(mine, c.prefix)
		if c.place == "" {
			if !errors.Is(err, ErrBadLocation) {
				t.Errorf("%+v: %v, %v", c, s, err)
			}
		} else if err != nil || s.String() != c.place {
			t.Errorf("%+v: %v, %v", c, s, err)
		}
	}
	if s := fromBucket(t, other, ""); s.String() != "bucket://" {
		t.Error(s)
	}
	below = "error"
	if _, err := FromBucket(mine, ""); err != refused {
		t.Error(err)
	}
}

func TestBucketRefusesNamesThatGocloudChanges(t *testing.T) {
	s := fromBucket(t, memblob.OpenBucket(nil), "")
	for _, name := range []string{"a\nb", "a\x1f", "\t", "two../x"} {
		for _, o := range []func() error{
			func() error { _, _, err := s.Get(t.Context(), name, -1); return err },
			func() error { _, err := s.Head(t.Context(), name); return err },
			func() error { return s.Put(t.Context(), name, nil) },
			func() error { return s.Delete(t.Context(), name) },
			func() error { return writeStream(t.Context(), s, name, 9<<20) },
		} {
			if err := o(); !errors.Is(err, ErrBadName) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if outcome, _, err := s.PutIfAbsent(t.Context(), name, nil); outcome != Rejected || !errors.Is(err, ErrBadName) {
			t.Errorf("%q: %v, %v", name, outcome, err)
		}
	}
}

func TestBucketStreamsInParts(t *testing.T) {
	b := memblob.OpenBucket(nil)
	s := fromBucket(t, b, "p")
	for _, size := range []int{0, 8 << 20, 8<<20 + 1, 20 << 20} {
		if err := writeStream(t.Context(), s, "large", size); err != nil {
			t.Fatal(err)
		}
		if info, err := s.Head(t.Context(), "large"); err != nil || info.Size != int64(size) || info.Name != "large" {
			t.Errorf("%+v, %v", info, err)
		}
	}
	w, err := s.Create(t.Context(), "aborted")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 20<<20)); err != nil {
		t.Error(err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	if there, err := b.Exists(t.Context(), "p/aborted"); there || err != nil {
		t.Error(there, err)
	}
}

// stuck is a driver of gocloud whose streams stand still until their context
// ends.
type stuck struct{ driver.Bucket }

func (stuck) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }
func (stuck) Close() error                       { return nil }
func (stuck) As(any) bool                        { return false }
func (stuck) ErrorAs(error, any) bool            { return false }
func (b stuck) NewTypedWriter(ctx context.Context, _, _ string, _ *driver.WriterOptions) (driver.Writer, error) {
	return stuckWriter{ctx}, nil
}

type stuckWriter struct{ ctx context.Context }

func (w stuckWriter) Write([]byte) (int, error) { return 0, w.Close() }
func (w stuckWriter) Close() error {
	<-w.ctx.Done()
	return w.ctx.Err()
}

func TestBucketStreamsObeyTheContextOfTheRequest(t *testing.T) {
	d := &portable{blob.NewBucket(stuck{})}
	u, err := d.Upload(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := u.Part(ctx, 0, []byte("x")); classOf(err) != Lost || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := u.Abort(ctx); err != nil {
		t.Error(err)
	}
	if u, err = d.Upload(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := u.Complete(ctx, 0); classOf(err) != Lost || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := u.Abort(ctx); err != nil {
		t.Error(err)
	}
}

func TestBucketErrorsSayTheCodeOnly(t *testing.T) {
	s := fromBucket(t, memblob.OpenBucket(nil), "")
	_, err := s.Head(t.Context(), "missing")
	if e := isExactly(err, fs.ErrNotExist); e != nil || !strings.HasSuffix(err.Error(), "gocloud reports NotFound") {
		t.Error(err, e)
	}
	if n, err := s.ReadAt(t.Context(), "missing", make([]byte, 1), 5); n != 0 || !errors.Is(err, fs.ErrNotExist) {
		t.Error(n, err)
	}
}

func TestNetworkFailuresProveWhatWasNotSent(t *testing.T) {
	conn, _ := net.Pipe()
	dial := &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, c := range []struct {
		err   error
		class Class
		text  string
	}{
		{&net.DNSError{Name: "host", Err: "no such host"}, NotSent, "the host is not known: host"},
		{dial, NotSent, "no connection to 127.0.0.1:9: refused"},
		{&net.OpError{Op: "dial", Err: errors.New("secret")}, NotSent, "no connection"},
		{x509.UnknownAuthorityError{}, NotSent, "the certificate of the service cannot be trusted"},
		{tls.RecordHeaderError{Msg: "secret", Conn: conn}, NotSent, "the service does not speak TLS"},
		{http.ErrSchemeMismatch, NotSent, "the service does not speak TLS"},
		// A record that is broken after the handshake proves nothing.
		{tls.RecordHeaderError{Msg: "oversized record"}, Lost, "the request failed without an answer"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, Lost, "the connection was cut"},
		{io.ErrUnexpectedEOF, Lost, "the connection was cut"},
		{context.DeadlineExceeded, Lost, "no answer in time"},
		{errors.New("https://host/?secret"), Lost, "the request failed without an answer"},
	} {
		f := NetworkFailure(fmt.Errorf("Put %q: %w", "https://host/?secret", c.err))
		if f.Class != c.class || f.Error() != c.text || f.Err != nil {
			t.Errorf("%v: %v %q", c.err, f.Class, f.Error())
		}
	}
}

func TestStatusesHaveClasses(t *testing.T) {
	for status, want := range map[int]Class{
		0: Lost, 200: Lost, 301: Refused, 304: Refused, 400: Refused, 401: Denied, 403: Denied, 404: Refused, 408: Lost, 409: Conflict,
		412: Taken, 416: OutOfRange, 429: Throttled, 500: Lost, 501: Unsupported, 502: Lost, 503: Lost, 504: Lost,
	} {
		if got := StatusClass(status); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
	for text, want := range map[string]time.Duration{"": 0, "3": 3 * time.Second, "-1": 0, "x": 0, "999999": time.Hour} {
		if got := RetryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for text, want := range map[string]int64{"bytes 0-9/100": 100, "bytes */7": 7, "bytes 0-9/*": -1, "": -1} {
		if got := SizeInRange(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := PlainWord("Slow\x1b[31mDown\n <b>ü" + strings.Repeat("x", 200)); len(got) != 80 || strings.ContainsAny(got, "\x1b\n ü") {
		t.Errorf("%q", got)
	}
}
