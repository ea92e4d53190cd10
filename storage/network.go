package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// NetworkFailure is the failure of a request that got no answer, for drivers:
// what the network said, without what the request was.
func NetworkFailure(err error) *Failure {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var header tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &name):
		return &Failure{Class: NotSent, Text: "the host is not known: " + name.Name}
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &host):
		return &Failure{Class: NotSent, Text: "the certificate of the service cannot be trusted"}
	case errors.As(err, &header) && header.Conn != nil, errors.Is(err, http.ErrSchemeMismatch): // at the first handshake
		return &Failure{Class: NotSent, Text: "the service does not speak TLS"}
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		text := "no connection"
		if op.Addr != nil {
			text += " to " + op.Addr.String()
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			text += ": refused"
		}
		return &Failure{Class: NotSent, Text: text}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Failure{Class: Lost, Text: "no answer in time"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Failure{Class: Lost, Text: "the connection was cut"}
	}
	return &Failure{Class: Lost, Text: "the request failed without an answer"}
}

// RetryAfter is how long an answer asks to be left alone, for drivers.
func RetryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// StatusClass is what an HTTP status of an object store means by itself, for
// drivers.
func StatusClass(status int) Class {
	switch {
	case status == http.StatusPreconditionFailed:
		return Taken
	case status == http.StatusConflict:
		return Conflict
	case status == http.StatusRequestedRangeNotSatisfiable:
		return OutOfRange
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusNotImplemented:
		return Unsupported
	case status == http.StatusRequestTimeout, status >= 500, status < 300:
		return Lost // below 300 it is an answer that was not understood
	}
	return Refused
}

// PlainWord is a code or an id of a service for a message, short and without
// what those have not, for drivers.
func PlainWord(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 80)]
}

// SizeInRange is the size of the whole object in a Content-Range such as
// "bytes 0-9/100", or −1, for drivers.
func SizeInRange(contentRange string) int64 {
	_, total, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
