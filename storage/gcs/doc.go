// Package gcs keeps tables in Google Cloud Storage. Importing it makes
// [storage.Open] know the scheme gs:
//
//	import _ "github.com/foreset/foreset/storage/gcs"
//
//	store, err := storage.Open(ctx, "gs://bucket/prefix")
//
// Credentials are Google's application default ones, refreshed when they
// expire. The query of the URL may say
//
//	anonymous=true      no credentials
//	universe_domain     another universe than googleapis.com
//	kms_key             the key that what is written is encrypted with, by its resource name
//
// The environment's STORAGE_EMULATOR_HOST leads to an emulator.
//
// Each request is sent once by the client library, the chunks of large objects
// apart, which it repeats by itself; what else is repeated the store decides
// ([storage.NewRemote]). A 403 is a refusal here and not, as gocloud's own
// driver has it, an object that is not there.
package gcs
