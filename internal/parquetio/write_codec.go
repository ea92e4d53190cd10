package parquetio

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Codec is how the pages of a file are compressed.
type Codec uint8

// The codecs that can be written.
const (
	Zstd         Codec = iota // level 1, with a checksum in each page; the default
	Snappy                    // faster, larger, notices less damage
	Gzip                      // for readers that have nothing better
	LZ4Raw                    // LZ4 blocks, as the format has them since 2.9
	Brotli                    // small and slow
	Uncompressed              // stored
)

var codecs = [...]struct {
	name, extension string
	parquet         compress.Compression
}{
	Zstd:         {"zstd", ".zstd", compress.Codecs.Zstd},
	Snappy:       {"snappy", ".snappy", compress.Codecs.Snappy},
	Gzip:         {"gzip", ".gz", compress.Codecs.Gzip},
	LZ4Raw:       {"lz4_raw", ".lz4raw", compress.Codecs.Lz4Raw},
	Brotli:       {"brotli", ".br", compress.Codecs.Brotli},
	Uncompressed: {"uncompressed", "", compress.Codecs.Uncompressed},
}

// CodecError refuses a compression codec, by its name.
type CodecError struct{ Name string }

func (e *CodecError) Error() string {
	return fmt.Sprintf("compression codec %q cannot be written: use zstd, snappy, gzip, lz4_raw, brotli or uncompressed", e.Name)
}

// ParseCodec reads a codec's name, in any case, as it stands in the table
// property delta.parquet.compression.codec. Empty is the default. Names that
// are not known, and those of codecs that engines understand differently (lz4)
// or not at all (lzo), are a [*CodecError].
func ParseCodec(name string) (Codec, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "":
		return Zstd, nil
	case "none":
		return Uncompressed, nil
	case "lz4raw":
		return LZ4Raw, nil
	}
	for c, known := range codecs {
		if known.name == lower {
			return Codec(c), nil
		}
	}
	return Zstd, &CodecError{Name: name}
}

func (c Codec) known() bool { return int(c) < len(codecs) }

// String is the name that [ParseCodec] reads.
func (c Codec) String() string {
	if !c.known() {
		return fmt.Sprintf("codec(%d)", uint8(c))
	}
	return codecs[c].name
}

// Extension is what file names carry before .parquet: ".zstd", or nothing for
// stored files.
func (c Codec) Extension() string {
	if !c.known() {
		return ""
	}
	return codecs[c].extension
}

// A compressor compresses pages one after another. What it returns is valid
// until its next use.
type compressor func(page []byte) ([]byte, error)

func (c Codec) compressor() (compressor, error) {
	var out []byte
	switch c {
	case Zstd:
		// Pages are seldom larger than a window of one MiB. Concurrency 1 keeps
		// the work on the caller's goroutine.
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(1<<20), zstd.WithZeroFrames(true), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, fmt.Errorf("start zstd: %w", err)
		}
		return func(page []byte) ([]byte, error) {
			out = enc.EncodeAll(page, out[:0])
			return out, nil
		}, nil
	case Snappy:
		return func(page []byte) ([]byte, error) {
			out = s2.EncodeSnappy(out[:cap(out)], page)
			return out, nil
		}, nil
	case Gzip:
		var buf bytes.Buffer
		enc := gzip.NewWriter(&buf)
		return func(page []byte) ([]byte, error) {
			buf.Reset()
			enc.Reset(&buf)
			if _, err := enc.Write(page); err != nil {
				return nil, err
			}
			err := enc.Close()
			return buf.Bytes(), err
		}, nil
	case LZ4Raw, Brotli:
		codec, err := compress.GetCodec(codecs[c].parquet)
		if err != nil {
			return nil, err
		}
		return func(page []byte) ([]byte, error) {
			if bound := int(codec.CompressBound(int64(len(page)))); cap(out) < bound {
				out = make([]byte, bound)
			}
			return codec.Encode(out[:cap(out)], page), nil
		}, nil
	case Uncompressed:
		return func(page []byte) ([]byte, error) { return page, nil }, nil
	default:
		return nil, &CodecError{Name: c.String()}
	}
}
