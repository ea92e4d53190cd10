// Package log: see the files.
package log
