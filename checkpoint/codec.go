package checkpoint

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

func codecOf(name string) (compress.Codec, error) {
	switch name {
	case "", "zstd":
		// No goroutines: pages are compressed one by one.
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault),
			zstd.WithZeroFrames(true), zstd.WithEncoderCRC(true))
		return &checkedZstd{Codec: &parquet.Zstd, encoder: e}, err
	case "snappy":
		return &parquet.Snappy, nil
	case "uncompressed":
		return &parquet.Uncompressed, nil
	default:
		return nil, fmt.Errorf("no codec %q: zstd, snappy or uncompressed", name)
	}
}

// checkedZstd is zstd with a checksum in each frame, which every decoder
// checks: parquet-go leaves it out, and nobody checks the checksums of pages.
type checkedZstd struct {
	compress.Codec
	encoder *zstd.Encoder
}

// Encode compresses one page.
func (c *checkedZstd) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}
