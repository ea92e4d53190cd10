package azure

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"golang.org/x/sync/singleflight"

	"github.com/foreset/foreset/storage"
)

// driver makes the requests of one container.
type driver struct {
	client *container.Client
	token  azcore.TokenCredential // nil: a key, a SAS or nothing
	scope  string
	name   string // as a URL without secrets
	azure  bool   // the service is Azure's own

	asking    singleflight.Group // for a token
	transport *http.Transport    // nil: it is the caller's
}

var _ storage.Driver = (*driver)(nil)

// place finds out where the client leads.
func (d *driver) place(containerName string) {
	u, err := url.Parse(d.client.URL())
	if err != nil {
		d.name = "azure://" + containerName
		return
	}
	u.RawQuery, u.User = "", nil
	d.name = u.String()
	d.azure = under(u.Hostname(), domains)
}

func (d *driver) String() string { return d.name }

func (d *driver) Close() error {
	if d.transport != nil {
		d.transport.CloseIdleConnections()
	}
	return nil
}

func (d *driver) Traits() storage.Traits {
	return storage.Traits{DeleteMax: 256, PartsAtOnce: 4, PartMin: 8 << 20, PartMax: 50_000, Conditional: d.azure}
}

// tokenTime bounds how long a token is waited for: it is no part of the time
// that the container has for its answer.
const tokenTime = 15 * time.Second

// once is the context of a request that the SDK must not repeat. It makes sure
// that there is a token: the SDK's failure to get one looks like one of the
// network. Keys with a backslash are refused: Azure takes it for a slash.
func (d *driver) once(ctx context.Context, keys ...string) (context.Context, error) {
	for _, key := range keys {
		if strings.Contains(key, `\`) {
			return nil, &storage.Failure{Class: storage.Refused, Text: "Azure cannot hold a name with a backslash", Err: storage.ErrBadName}
		}
	}
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	return policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1}), nil
}

// ready makes sure that there is a token. All requests wait for one search,
// which goes on when the request that began it is given up.
func (d *driver) ready(ctx context.Context) error {
	if d.token == nil {
		return nil
	}
	found := d.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTime)
		defer cancel()
		_, err := d.token.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}})
		return nil, err
	})
	select {
	case answer := <-found:
		if answer.Err != nil {
			return &storage.Failure{Class: storage.Denied, Text: "the SDK gets no token from the environment or the machine (anonymous=true asks for none)"}
		}
		return nil
	case <-ctx.Done():
		return &storage.Failure{Class: storage.NotSent, Text: ctx.Err().Error(), Err: ctx.Err()}
	}
}

func (d *driver) Read(ctx context.Context, key string, off, length int64) (io.ReadCloser, storage.Info, error) {
	ctx, err := d.once(ctx, key)
	if err != nil {
		return nil, storage.Info{}, err
	}
	o := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: off, Count: max(length, 0)}}
	out, err := d.client.NewBlobClient(key).DownloadStream(ctx, o)
	if err != nil {
		return nil, storage.Info{}, failure(ctx, err, reading)
	}
	if out.ETag == nil || out.ContentLength == nil || out.RequestID == nil {
		out.Body.Close()
		return nil, storage.Info{}, notAzure()
	}
	info := storage.Info{Name: key, Size: *out.ContentLength, ETag: etag(out.ETag), Modified: value(out.LastModified)}
	if off > 0 || length >= 0 {
		if out.ContentRange == nil {
			out.Body.Close()
			return nil, storage.Info{}, &storage.Failure{Class: storage.Refused, Text: "the service ignores ranges"}
		}
		info.Size = storage.SizeInRange(*out.ContentRange)
	}
	return out.Body, info, nil
}

// etag is an ETag as listings have it, without quotes.
func etag(e *azcore.ETag) string { return strings.Trim(string(value(e)), `"`) }

// notAzure is an answer without what Azure always says, such as the page of a
// proxy.
func notAzure() error {
	return &storage.Failure{Class: storage.Lost, Text: "the answer is not one of Azure: is there a proxy between?"}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (d *driver) Head(ctx context.Context, key string) (storage.Info, error) {
	ctx, err := d.once(ctx, key)
	if err != nil {
		return storage.Info{}, err
	}
	out, err := d.client.NewBlobClient(key).GetProperties(ctx, nil)
	if err != nil {
		return storage.Info{}, failure(ctx, err, heading)
	}
	if out.ETag == nil || out.ContentLength == nil || out.RequestID == nil {
		return storage.Info{}, notAzure()
	}
	return storage.Info{Name: key, Size: *out.ContentLength, ETag: etag(out.ETag), Modified: value(out.LastModified)}, nil
}

func (d *driver) encryption() *blob.CPKScopeInfo {
	if d.scope == "" {
		return nil
	}
	return &blob.CPKScopeInfo{EncryptionScope: &d.scope}
}

func (d *driver) Put(ctx context.Context, key string, body []byte, ifAbsent bool) (string, error) {
	ctx, err := d.once(ctx, key)
	if err != nil {
		return "", err
	}
	o, for_ := &blockblob.UploadOptions{CPKScopeInfo: d.encryption()}, writing
	if ifAbsent {
		for_ = creating
		o.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}}
	}
	out, err := d.client.NewBlockBlobClient(key).Upload(ctx, streaming.NopCloser(bytes.NewReader(body)), o)
	if err != nil {
		return "", failure(ctx, err, for_)
	}
	if out.ETag == nil || out.RequestID == nil {
		return "", notAzure()
	}
	return etag(out.ETag), nil
}

func (d *driver) List(ctx context.Context, prefix, start, token string) (storage.Page, error) {
	ctx, err := d.once(ctx)
	if err != nil {
		return storage.Page{}, err
	}
	o := &container.ListBlobsFlatOptions{Include: container.ListBlobsInclude{Metadata: true}} // folders are marked there
	if prefix != "" {
		o.Prefix = &prefix
	}
	if token != "" {
		o.Marker = &token
	} else if start != "" {
		ctx = context.WithValue(ctx, startKey{}, start)
	}
	out, err := d.client.NewListBlobsFlatPager(o).NextPage(ctx)
	if err != nil {
		return storage.Page{}, failure(ctx, err, listing)
	}
	if out.Segment == nil {
		return storage.Page{}, notAzure()
	}
	page := storage.Page{Next: value(out.NextMarker)}
	for _, item := range out.Segment.BlobItems {
		if item.Name == nil || item.Properties == nil || isFolder(item) {
			continue
		}
		page.Objects = append(page.Objects, storage.Info{
			Name: *item.Name, Size: value(item.Properties.ContentLength),
			ETag: etag(item.Properties.ETag), Modified: value(item.Properties.LastModified),
		})
	}
	return page, nil
}

// isFolder says whether a blob stands for a folder: Hadoop marks them, and
// hierarchical accounts have real ones.
func isFolder(item *container.BlobItem) bool {
	for key, v := range item.Metadata {
		if strings.EqualFold(key, "hdi_isfolder") && v != nil && strings.EqualFold(*v, "true") {
			return true
		}
	}
	return strings.EqualFold(value(item.Properties.ResourceType), "directory")
}

func (d *driver) Delete(ctx context.Context, keys []string) error {
	ctx, err := d.once(ctx, keys...)
	if err != nil {
		return err
	}
	if len(keys) == 1 {
		_, err := d.client.NewBlobClient(keys[0]).Delete(ctx, nil)
		if f := failure(ctx, err, heading); err != nil && f.Class != storage.NotFound {
			return f
		}
		return nil
	}
	batch, err := d.client.NewBatchBuilder()
	if err != nil {
		return &storage.Failure{Class: storage.Refused, Text: "the credentials cannot be used for a batch of deletes"}
	}
	for _, key := range keys {
		if err := batch.Delete(key, nil); err != nil {
			return &storage.Failure{Class: storage.Refused, Text: "a name cannot be deleted in a batch"}
		}
	}
	out, err := d.client.SubmitBatch(ctx, batch, nil)
	if err != nil {
		return failure(ctx, err, writing)
	}
	if len(out.Responses) < len(keys) {
		return &storage.Failure{Class: storage.Lost, Text: fmt.Sprintf("a batch of %d deletes has %d answers", len(keys), len(out.Responses))}
	}
	for _, item := range out.Responses {
		if item.Error == nil {
			continue
		}
		if f := failure(ctx, item.Error, heading); f.Class != storage.NotFound {
			return f
		}
	}
	return nil
}

// upload is a list of blocks that becomes an object when it is committed.
// Blocks that never are the service removes after a week: there is no request
// for it.
type upload struct {
	d   *driver
	key string
}

func (d *driver) Upload(ctx context.Context, key string) (storage.Upload, error) {
	if _, err := d.once(ctx, key); err != nil {
		return nil, err
	}
	return &upload{d: d, key: key}, nil
}

// blockID is the name of a block; all of one object have the same length.
func blockID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%010d", n))
}

func (u *upload) Part(ctx context.Context, n int, body []byte) error {
	ctx, err := u.d.once(ctx)
	if err != nil {
		return err
	}
	_, err = u.d.client.NewBlockBlobClient(u.key).StageBlock(ctx, blockID(n), streaming.NopCloser(bytes.NewReader(body)),
		&blockblob.StageBlockOptions{CPKScopeInfo: u.d.encryption()})
	if err != nil {
		return failure(ctx, err, writing)
	}
	return nil
}

func (u *upload) Complete(ctx context.Context, parts int) error {
	ctx, err := u.d.once(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, parts)
	for i := range ids {
		ids[i] = blockID(i)
	}
	out, err := u.d.client.NewBlockBlobClient(u.key).CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{CPKScopeInfo: u.d.encryption()})
	if err != nil {
		return failure(ctx, err, writing)
	}
	if out.ETag == nil || out.RequestID == nil {
		return notAzure()
	}
	return nil
}

func (u *upload) Abort(context.Context) error { return nil }
