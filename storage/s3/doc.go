// Package s3 keeps tables in Amazon S3, and in services that speak its API.
// Importing it makes [storage.Open] know the schemes s3, s3a and s3n:
//
//	import _ "github.com/foreset/foreset/storage/s3"
//
//	store, err := storage.Open(ctx, "s3://bucket/prefix?region=eu-north-1")
//
// Credentials and region come from the SDK's default chain (environment, shared
// files, web identity, container, instance) and are refreshed when they
// expire. The query of the URL may say, in the words of gocloud.dev:
//
//	region profile role anonymous          who and where
//	endpoint use_path_style disable_https  another service; hostname_immutable
//	ssetype kmskeyid                       encryption of what is written
//	accelerate dualstack fips              other endpoints of Amazon
//	request_checksum_calculation           when_required, for services that know no checksums
//	response_checksum_validation           the same for answers
//	rate_limiter_capacity                  refused: the store has a governor of its own
//
// Each request is sent once by the SDK; what is repeated, and when, the store
// decides ([storage.NewRemote]). A conditional put that Amazon answers with 412
// means that the object is there, 409 that another put of it is in progress.
// Any other service, one with an endpoint of its own, is tried out before the
// first commit: one that ignores If-None-Match would lose commits.
//
// Directory buckets list in no order: listings are then read whole and sorted.
package s3
