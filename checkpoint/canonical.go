package checkpoint

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	// canonicalDepth bounds the nesting of a hint.
	canonicalDepth = 500
	// canonicalBytes bounds its canonical form, in which a long name stands
	// before each of the values below it.
	canonicalBytes = 64 << 20
)

// checksums are the MD5 sums, in hexadecimal, that a hint may carry (protocol,
// section "JSON checksum"). There are two: the protocol sorts the members by
// their path, Spark sorts path and value as one text, which differs once an
// array has more than ten items ("=" sorts after the digits).
func checksums(object []byte) (spark, protocol string, err error) {
	leaves, err := canonical(object)
	if err != nil {
		return "", "", err
	}
	slices.SortFunc(leaves, func(a, b leaf) int { return strings.Compare(a.path+"="+a.value, b.path+"="+b.value) })
	spark = sum(leaves)
	slices.SortFunc(leaves, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
	return spark, sum(leaves), nil
}

// leaf is a scalar of a JSON object in canonical form.
type leaf struct{ path, value string }

func sum(leaves []leaf) string {
	h := md5.New()
	for i, l := range leaves {
		if i > 0 {
			_, _ = io.WriteString(h, ",")
		}
		_, _ = io.WriteString(h, l.path+"="+l.value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// canonical lists the scalars of a JSON object, without its member "checksum".
// Numbers stay as they are written.
func canonical(object []byte) ([]leaf, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	w := walker{dec: d}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	if err := w.object(""); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("text after the JSON object")
	}
	return w.leaves, nil
}

type walker struct {
	dec    *json.Decoder
	depth  int
	bytes  int
	leaves []leaf
}

// object reads the members of an object whose brace has been read.
func (w *walker) object(path string) error {
	seen := map[string]bool{}
	for w.dec.More() {
		t, err := w.dec.Token()
		if err != nil {
			return err
		}
		key := t.(string)
		if seen[key] {
			return fmt.Errorf("member %q twice", key)
		}
		seen[key] = true
		at := len(w.leaves)
		if err := w.value(join(path, quote(key))); err != nil {
			return err
		}
		if path == "" && key == "checksum" {
			w.leaves = w.leaves[:at]
		}
	}
	_, err := w.dec.Token()
	return err
}

func (w *walker) array(path string) error {
	for i := 0; w.dec.More(); i++ {
		if err := w.value(join(path, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

func (w *walker) value(path string) error {
	t, err := w.dec.Token()
	if err != nil {
		return err
	}
	if w.depth++; w.depth > canonicalDepth {
		return errors.New("nested too deeply")
	}
	if w.bytes += len(path); w.bytes > canonicalBytes {
		return errors.New("too long")
	}
	defer func() { w.depth-- }()
	var text string
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return w.object(path)
		}
		return w.array(path)
	case string:
		text = quote(t)
	case json.Number:
		text = t.String()
	case bool:
		text = strconv.FormatBool(t)
	case nil:
		text = "null"
	}
	w.leaves = append(w.leaves, leaf{path, text})
	return nil
}

func join(path, segment string) string {
	if path == "" {
		return segment
	}
	return path + "+" + segment
}

// quote is a name or a string with every byte that is not unreserved in a URI
// percent-encoded, in quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
