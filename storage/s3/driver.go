package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/singleflight"

	"github.com/foreset/foreset/storage"
)

// driver makes the requests of one bucket.
type driver struct {
	client     *s3.Client
	bucket     string
	encryption types.ServerSideEncryption
	kmsKey     string
	custom     bool // the service is not Amazon's own

	asking    singleflight.Group // for credentials
	transport *http.Transport    // nil: it is the caller's
}

var _ storage.Driver = (*driver)(nil)

func (d *driver) String() string { return "s3://" + d.bucket }

func (d *driver) Close() error {
	if d.transport != nil {
		d.transport.CloseIdleConnections()
	}
	return nil
}

func (d *driver) Traits() storage.Traits {
	return storage.Traits{
		DeleteMax: 1000, PartsAtOnce: 4, PartMin: 8 << 20, PartMax: 10_000,
		Sorted:      !strings.HasSuffix(d.bucket, "--x-s3"),
		Conditional: !d.custom,
	}
}

// credentialTime bounds how long credentials are looked for: it is no part of
// the time that the bucket has for its answer.
const credentialTime = 15 * time.Second

// ready makes sure that there are credentials: the SDK's own failure to find
// any looks like one of the network. All requests wait for one search, which
// goes on when the request that began it is given up.
func (d *driver) ready(ctx context.Context) error {
	p := d.client.Options().Credentials
	if p == nil || aws.IsCredentialsProvider(p, aws.AnonymousCredentials{}) {
		return nil
	}
	found := d.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), credentialTime)
		defer cancel()
		_, err := p.Retrieve(ctx)
		return nil, err
	})
	select {
	case answer := <-found:
		if answer.Err != nil {
			return &storage.Failure{Class: storage.Denied, Text: "the SDK finds no credentials in the environment, the profile or the machine (anonymous=true asks for none)"}
		}
		return nil
	case <-ctx.Done():
		return &storage.Failure{Class: storage.NotSent, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
}

func (d *driver) Read(ctx context.Context, key string, off, length int64) (io.ReadCloser, storage.Info, error) {
	if err := d.ready(ctx); err != nil {
		return nil, storage.Info{}, err
	}
	in := &s3.GetObjectInput{Bucket: &d.bucket, Key: &key}
	switch {
	case length >= 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", off, off+length-1))
	case off > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", off))
	}
	out, err := d.client.GetObject(ctx, in)
	if err != nil {
		return nil, storage.Info{}, d.failure(ctx, err, reading)
	}
	info := storage.Info{Name: key, Size: aws.ToInt64(out.ContentLength), ETag: aws.ToString(out.ETag), Modified: aws.ToTime(out.LastModified)}
	if out.ContentLength == nil {
		info.Size = -1
	}
	if info.ETag == "" || !d.signed(out.ResultMetadata) {
		out.Body.Close()
		return nil, storage.Info{}, notS3()
	}
	if in.Range != nil {
		info.Size = storage.SizeInRange(aws.ToString(out.ContentRange))
		if out.ContentRange == nil {
			out.Body.Close()
			return nil, storage.Info{}, &storage.Failure{Class: storage.Refused, Text: "the service ignores ranges"}
		}
	}
	return out.Body, info, nil
}

// notS3 is an answer without what S3 always says, such as the page of a proxy.
func notS3() error {
	return &storage.Failure{Class: storage.Lost, Text: "the answer is not one of S3: is there a proxy between?"}
}

// isPage says whether an answer is a page for people. Some services call
// everything one; those say who they are.
func isPage(r *smithyhttp.Response) bool {
	id := r.Header.Get("x-amz-request-id") + r.Header.Get("x-amzn-requestid")
	return id == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html")
}

// signed says whether an answer is one of the service. Other services than
// Amazon's have no mark that all of them give.
func (d *driver) signed(m middleware.Metadata) bool {
	_, ok := awsmiddleware.GetRequestIDMetadata(m)
	return ok || d.custom
}

func (d *driver) Head(ctx context.Context, key string) (storage.Info, error) {
	if err := d.ready(ctx); err != nil {
		return storage.Info{}, err
	}
	out, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: &key})
	if err != nil {
		return storage.Info{}, d.failure(ctx, err, heading)
	}
	if out.ETag == nil || out.ContentLength == nil || !d.signed(out.ResultMetadata) {
		return storage.Info{}, notS3()
	}
	return storage.Info{Name: key, Size: *out.ContentLength, ETag: *out.ETag, Modified: aws.ToTime(out.LastModified)}, nil
}

func (d *driver) Put(ctx context.Context, key string, body []byte, ifAbsent bool) (string, error) {
	if err := d.ready(ctx); err != nil {
		return "", err
	}
	in := &s3.PutObjectInput{
		Bucket: &d.bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
		ServerSideEncryption: d.encryption, SSEKMSKeyId: nonEmpty(d.kmsKey),
	}
	if ifAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := d.client.PutObject(ctx, in)
	if err != nil {
		return "", d.failure(ctx, err, writing)
	}
	if aws.ToString(out.ETag) == "" {
		return "", notS3()
	}
	return *out.ETag, nil
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (d *driver) List(ctx context.Context, prefix, start, token string) (storage.Page, error) {
	if err := d.ready(ctx); err != nil {
		return storage.Page{}, err
	}
	out, err := d.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &d.bucket, Prefix: nonEmpty(prefix), StartAfter: nonEmpty(before(start)), ContinuationToken: nonEmpty(token),
		EncodingType: types.EncodingTypeUrl, // XML cannot hold every character
	})
	if err != nil {
		return storage.Page{}, d.failure(ctx, err, listing)
	}
	if out.IsTruncated == nil {
		return storage.Page{}, notS3()
	}
	var page storage.Page
	for _, o := range out.Contents {
		key := aws.ToString(o.Key)
		if out.EncodingType == types.EncodingTypeUrl {
			if key, err = url.QueryUnescape(key); err != nil {
				return storage.Page{}, &storage.Failure{Class: storage.Refused, Text: "a listed key is not encoded as the service says"}
			}
		}
		page.Objects = append(page.Objects, storage.Info{Name: key, Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag), Modified: aws.ToTime(o.LastModified)})
	}
	if *out.IsTruncated {
		if page.Next = aws.ToString(out.NextContinuationToken); page.Next == "" {
			return storage.Page{}, &storage.Failure{Class: storage.Refused, Text: "a listing is cut and does not say how it goes on"}
		}
	}
	return page, nil
}

// before is a key shortly before start: S3 lists what is after a key, and we
// want start itself, too. What lies between is left out by the caller.
func before(start string) string {
	if start == "" {
		return ""
	}
	last := start[len(start)-1]
	if last <= '!' || last > '~' {
		// No plain character before it: all that begin like start are listed.
		return strings.TrimRightFunc(start[:len(start)-1], func(r rune) bool { return r == '\uFFFD' })
	}
	return start[:len(start)-1] + string(last-1) + "~"
}

func (d *driver) Delete(ctx context.Context, keys []string) error {
	if err := d.ready(ctx); err != nil {
		return err
	}
	if len(keys) == 1 {
		out, err := d.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &d.bucket, Key: &keys[0]})
		if err != nil {
			return d.failure(ctx, err, writing)
		}
		if r, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok && isPage(r) {
			return notS3()
		}
		return nil
	}
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	out, err := d.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &d.bucket, Delete: &types.Delete{Objects: objects}})
	if err != nil {
		return d.failure(ctx, err, writing)
	}
	for _, e := range out.Errors {
		if code := aws.ToString(e.Code); code != "NoSuchKey" {
			return &storage.Failure{Class: classOfCode(code, storage.Lost), Text: fmt.Sprintf("%s for %d of %d objects", storage.PlainWord(code), len(out.Errors), len(keys))}
		}
	}
	if n := len(out.Deleted) + len(out.Errors); n < len(keys) {
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("a delete of %d objects has %d answers: is there a proxy between?", len(keys), n)}
	}
	return nil
}

// upload is a multipart upload.
type upload struct {
	d   *driver
	key string
	id  *string

	mu    sync.Mutex // guards parts
	parts []types.CompletedPart
}

func (d *driver) Upload(ctx context.Context, key string) (storage.Upload, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	out, err := d.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &d.bucket, Key: &key, ServerSideEncryption: d.encryption, SSEKMSKeyId: nonEmpty(d.kmsKey),
	})
	if err != nil {
		return nil, d.failure(ctx, err, writing)
	}
	if aws.ToString(out.UploadId) == "" {
		return nil, notS3()
	}
	return &upload{d: d, key: key, id: out.UploadId}, nil
}

func (u *upload) Part(ctx context.Context, n int, body []byte) error {
	if err := u.d.ready(ctx); err != nil {
		return err
	}
	number := aws.Int32(int32(n + 1))
	out, err := u.d.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &u.d.bucket, Key: &u.key, UploadId: u.id, PartNumber: number, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
	})
	if err != nil {
		return u.d.failure(ctx, err, writing)
	}
	if aws.ToString(out.ETag) == "" {
		return notS3()
	}
	part := types.CompletedPart{
		PartNumber: number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C,
		ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256,
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts = append(u.parts, part)
	return nil
}

func (u *upload) Complete(ctx context.Context, _ int) error {
	if err := u.d.ready(ctx); err != nil {
		return err
	}
	u.mu.Lock()
	parts := slices.Clone(u.parts)
	u.mu.Unlock()
	slices.SortFunc(parts, func(a, b types.CompletedPart) int { return int(*a.PartNumber - *b.PartNumber) })
	// A part that was sent twice is there once.
	parts = slices.CompactFunc(parts, func(a, b types.CompletedPart) bool { return *a.PartNumber == *b.PartNumber })
	out, err := u.d.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &u.d.bucket, Key: &u.key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return u.d.failure(ctx, err, uploading)
	}
	if aws.ToString(out.ETag) == "" {
		return notS3()
	}
	return nil
}

func (u *upload) Abort(ctx context.Context) error {
	if err := u.d.ready(ctx); err != nil {
		return err
	}
	if _, err := u.d.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.d.bucket, Key: &u.key, UploadId: u.id}); err != nil {
		return u.d.failure(ctx, err, uploading)
	}
	return nil
}
