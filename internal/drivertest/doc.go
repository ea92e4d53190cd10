// Package drivertest is what the tests of storage/s3, storage/azure and
// storage/gcs have in common: a server on loopback that answers what a test
// says, the requests of a driver by name, and the checks that are the same for
// all services.
//
//	Server    answers; keeps what it was asked
//	Call      one method of a driver
//	Check…    a check of a driver, or of a table above it
//
// What a service says, and how, each of them has in its own tests. Nothing but
// tests imports this package.
package drivertest
