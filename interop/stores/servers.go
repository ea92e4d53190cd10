// Package stores runs the library on servers that speak the protocols of S3,
// Azure and GCS: the conformance suite, tables, writers of several engines at
// once, and all of it behind a proxy that loses answers.
package stores

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Bucket is the bucket, or container, that every server has.
const Bucket = "foreset"

// Server is one that runs on loopback.
type Server struct {
	Kind string // S3, Azure, GCS
	Name string
	Host string // 127.0.0.1:port
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// The credentials of all servers. Azurite's are the well-known ones that it
// has built in.
const (
	awsKey, awsSecret = "foreset-key", "foreset-secret"
	azureAccount      = "devstoreaccount1"
	azureKey          = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Environment is what clients need, whatever the server.
func Environment() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": awsKey, "AWS_SECRET_ACCESS_KEY": awsSecret, "AWS_EC2_METADATA_DISABLED": "true",
		"AZURE_STORAGE_ACCOUNT": azureAccount, "AZURE_STORAGE_KEY": azureKey,
	}
}

// Location is a prefix of the bucket, reached at a host: the server's own, or
// that of a proxy before it. Clients of GCS find the host in the environment
// (STORAGE_EMULATOR_HOST).
func (s *Server) Location(host, prefix string) string {
	switch s.Kind {
	case "S3":
		return fmt.Sprintf("s3://%s/%s?endpoint=http://%s&region=us-east-1&use_path_style=true&disable_https=true", Bucket, prefix, host)
	case "Azure":
		return fmt.Sprintf("azblob://%s/%s?protocol=http&domain=%s&localemu=true", Bucket, prefix, host)
	default:
		return fmt.Sprintf("gs://%s/%s?anonymous=true", Bucket, prefix)
	}
}

// Start starts a server whose programs stores.sh has put into a folder,
// with its data below another. The caller stops it.
func Start(ctx context.Context, name, programs, data string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Name: name, Host: fmt.Sprintf("127.0.0.1:%d", port), log: new(bytes.Buffer)}
	number := fmt.Sprint(port)
	var args []string
	switch name {
	case "versitygw":
		s.Kind = "S3"
		if err := os.MkdirAll(filepath.Join(data, Bucket), 0o777); err != nil {
			return nil, err
		}
		args = []string{filepath.Join(programs, "bin", "versitygw"), "--port", s.Host, "--region", "us-east-1", "posix", data}
	case "moto":
		s.Kind = "S3"
		args = []string{filepath.Join(programs, "moto", "bin", "moto_server"), "-H", "127.0.0.1", "-p", number}
	case "azurite":
		s.Kind = "Azure"
		args = []string{filepath.Join(programs, "azurite", "node_modules", ".bin", "azurite-blob"), "--inMemoryPersistence", "--blobHost", "127.0.0.1",
			"--blobPort", number, "--silent", "--skipApiVersionCheck", "--disableTelemetry"}
	case "fake-gcs-server":
		s.Kind = "GCS"
		args = []string{filepath.Join(programs, "bin", "fake-gcs-server"), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", number,
			"-public-host", s.Host, "-external-url", "http://" + s.Host}
	default:
		return nil, fmt.Errorf("no server is called %s", name)
	}
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Dir = data
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+awsKey, "ROOT_SECRET_KEY="+awsSecret)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.WaitDelay = time.Second // its children may hold the pipe
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), s.Stop())
	}
	return s, nil
}

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = s.cmd.Wait() // it was killed
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// ready waits until the server has the bucket.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.makeBucket(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w; it printed: %.2000s", err, s.log)
		}
	}
}

func (s *Server) makeBucket(ctx context.Context) error {
	switch s.Name {
	case "versitygw": // the folder is the bucket
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Host)
		if err != nil {
			return err
		}
		return conn.Close()
	case "moto": // signatures are not looked at
		return s.send(ctx, http.MethodPut, "/"+Bucket, "")
	case "fake-gcs-server":
		return s.send(ctx, http.MethodPost, "/storage/v1/b?project=x", `{"name":"`+Bucket+`"}`)
	}
	c, err := container.NewClientFromConnectionString(fmt.Sprintf("DefaultEndpointsProtocol=http;AccountName=%s;AccountKey=%s;BlobEndpoint=http://%s/%s;",
		azureAccount, azureKey, s.Host, azureAccount), Bucket, nil)
	if err != nil {
		return err
	}
	_, err = c.Create(ctx, nil)
	return err
}

func (s *Server) send(ctx context.Context, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.Host+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+awsKey+"/20261125/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return nil
}
