#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

class Versions : public S3Fixture {
 protected:
  Versions() { make_bucket("box"); }

  void tick() { call.time += std::chrono::seconds(1); }
  std::string set(const char* status) {
    auto request = at<api::PutBucketVersioningRequest>("box");
    request.VersioningConfiguration.Status = status;
    return code(service->PutBucketVersioning(call, request));
  }
  std::string state() {
    return service->GetBucketVersioning(call, at<api::GetBucketVersioningRequest>("box"))
        ->Status.value_or("");
  }
  // The new version's id.
  std::string write(const std::string& text, const std::string& key = "k") {
    tick();
    const auto output = put("box", key, text);
    return output ? output->VersionId.value_or("none") : output.error().code;
  }
  std::string read_version(const std::string& id, const std::string& key = "k") {
    auto request = at<api::GetObjectRequest>("box", key);
    request.VersionId = id;
    const auto output = get(request);
    if (!output) return output.error().code;
    EXPECT_EQ(output->VersionId, id);
    return body();
  }
  aws::Outcome<api::DeleteObjectOutput> erase(const std::optional<std::string>& id = {},
                                              const std::string& key = "k") {
    tick();
    auto request = at<api::DeleteObjectRequest>("box", key);
    request.VersionId = id;
    return service->DeleteObject(call, request);
  }
  // "k=text" of objects, "k!" of delete markers, the latest with a star; in pages of `size`.
  std::string listed(int size = 1000, const std::string& prefix = "", const std::string& delimiter = "") {
    auto request = at<api::ListObjectVersionsRequest>("box");
    request.MaxKeys = size;
    if (!prefix.empty()) request.Prefix = prefix;
    if (!delimiter.empty()) request.Delimiter = delimiter;
    std::string all;
    for (int page = 0; page < 100; ++page) {
      const auto output = service->ListObjectVersions(call, request);
      if (!output) return output.error().code;
      all += shown(*output);
      if (!*output->IsTruncated) break;
      request.KeyMarker = output->NextKeyMarker;
      request.VersionIdMarker = output->NextVersionIdMarker;
      all += size < 1000 ? "| " : "";
    }
    return all;
  }
  std::string shown(const api::ListObjectVersionsOutput& output) {
    std::map<std::pair<std::string, Duration>, std::string> lines;
    // In the order of keys, then of ages.
    const auto order = [](const auto& entry) {
      return std::pair(*entry.Key, -entry.LastModified->time_since_epoch());
    };
    for (const auto& version : output.Versions.value_or(std::vector<api::ObjectVersion>{}))
      lines[order(version)] = *version.Key + "=" + read_version(*version.VersionId, *version.Key) +
                              (*version.IsLatest ? "* " : " ");
    for (const auto& marker : output.DeleteMarkers.value_or(std::vector<api::DeleteMarkerEntry>{}))
      lines[order(marker)] = *marker.Key + "!" + (*marker.IsLatest ? "* " : " ");
    for (const auto& common : output.CommonPrefixes.value_or(std::vector<api::CommonPrefix>{}))
      lines[{*common.Prefix, Duration()}] = *common.Prefix + " ";
    std::string all;
    for (const auto& [place, line] : lines) all += line;
    return all;
  }
  std::size_t rows(const char* prefix) { return store.range(prefix).value().items.size(); }
};

TEST_F(Versions, AreOffUntilTheyAreEnabledAndNeverOffAgain) {
  EXPECT_EQ(state(), "");
  EXPECT_EQ(write("one"), "none");
  EXPECT_EQ(set("Enabled"), "OK");
  EXPECT_EQ(state(), "Enabled");
  EXPECT_EQ(set("Suspended"), "OK");
  EXPECT_EQ(state(), "Suspended");
  EXPECT_EQ(set("Off"), "MalformedXML");
  auto request = at<api::PutBucketVersioningRequest>("box");
  EXPECT_EQ(code(service->PutBucketVersioning(call, request)), "IllegalVersioningConfigurationException");
  request.VersioningConfiguration.Status = "Enabled";
  request.VersioningConfiguration.MFADelete = "Enabled";
  EXPECT_EQ(code(service->PutBucketVersioning(call, request)), "NotImplemented");
}

TEST_F(Versions, EachIsKeptUnderItsId) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one"), two = write("two"), three = write("three");
  EXPECT_EQ(one.size(), 32u);
  EXPECT_EQ(read("box", "k"), "three");
  EXPECT_EQ(read_version(one) + read_version(two) + read_version(three), "onetwothree");
  EXPECT_EQ(blobs(), 3u);
  EXPECT_EQ(listed(), "k=three* k=two k=one ");
  auto head = at<api::HeadObjectRequest>("box", "k");
  EXPECT_EQ(service->HeadObject(call, head)->VersionId, three);
  head.VersionId = one;
  EXPECT_EQ(service->HeadObject(call, head)->ETag, put("box", "other", "one")->ETag);
}

TEST_F(Versions, WhatIsNoVersionIsRefused) {
  ASSERT_EQ(set("Enabled"), "OK");
  std::string id = write("one");
  EXPECT_EQ(read_version(""), "InvalidArgument");
  EXPECT_EQ(read_version("nonsense"), "InvalidArgument");
  EXPECT_EQ(read_version("null"), "NoSuchVersion");
  id.back() = id.back() == 'x' ? 'y' : 'x';
  EXPECT_EQ(read_version(id), "NoSuchVersion");
  EXPECT_EQ(erase(id)->VersionId, id) << "what is not there can be deleted";
  EXPECT_EQ(code(erase("nonsense")), "InvalidArgument");
  EXPECT_EQ(read("box", "k"), "one");
}

TEST_F(Versions, ADeleteMarkerHidesAndIsTakenAway) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one");
  const auto deleted = erase();
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->DeleteMarker, true);
  const std::string marker = *deleted->VersionId;
  const auto hidden = get(at<api::GetObjectRequest>("box", "k"));
  EXPECT_EQ(hidden.error().code, "NoSuchKey");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(hidden.error().headers, (Pairs{{"x-amz-delete-marker", "true"}, {"x-amz-version-id", marker}}));
  auto request = at<api::GetObjectRequest>("box", "k");
  request.VersionId = marker;
  const auto named = get(request);
  EXPECT_EQ(named.error().status, 405);
  EXPECT_EQ(named.error().code, "MethodNotAllowed");
  EXPECT_EQ(named.error().headers.front(), (Pairs::value_type{"Allow", "DELETE"}));
  EXPECT_EQ(read_version(one), "one");
  EXPECT_EQ(listed(), "k!* k=one ");
  EXPECT_FALSE(service->ListObjectsV2(call, at<api::ListObjectsV2Request>("box"))->Contents);

  const auto undone = erase(marker);
  EXPECT_EQ(undone->DeleteMarker, true);
  EXPECT_EQ(undone->VersionId, marker);
  EXPECT_EQ(read("box", "k"), "one");
  EXPECT_EQ(listed(), "k=one* ");
  EXPECT_FALSE(erase(one)->DeleteMarker);
  EXPECT_EQ(listed(), "");
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(rows("s3/version/") + rows("s3/marker/") + rows("s3/null/"), 0u);
  EXPECT_EQ(erase({}, "never-there")->DeleteMarker, true) << "as AWS: a marker of what never was";
  EXPECT_EQ(listed(), "never-there!* ");
}

TEST_F(Versions, TakingOneAwayFreesThatOneOnly) {
  ASSERT_EQ(set("Enabled"), "OK");
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(write(std::string(1, static_cast<char>('a' + i))));
  ASSERT_TRUE(erase(ids[1]));
  EXPECT_EQ(listed(), "k=d* k=c k=a ");
  EXPECT_EQ(blobs(), 3u);
  ASSERT_TRUE(erase(ids[3]));
  EXPECT_EQ(read("box", "k"), "c") << "the newest that is left";
  EXPECT_EQ(listed(), "k=c* k=a ");
  EXPECT_EQ(blobs(), 2u);
  EXPECT_EQ(write("e").size(), 32u);
  EXPECT_EQ(listed(), "k=e* k=c k=a ");
}

TEST_F(Versions, WhatWasThereBeforeIsTheNullVersion) {
  ASSERT_EQ(write("old"), "none");
  EXPECT_EQ(listed(), "k=old* ") << "also of a bucket without versions";
  ASSERT_EQ(set("Enabled"), "OK");
  EXPECT_EQ(get(at<api::GetObjectRequest>("box", "k"))->VersionId, "null");
  const std::string one = write("one");
  EXPECT_EQ(read_version("null"), "old");
  EXPECT_EQ(listed(), "k=one* k=old ");
  EXPECT_EQ(erase("null")->VersionId, "null");
  EXPECT_EQ(read_version("null"), "NoSuchVersion");
  EXPECT_EQ(rows("s3/null/"), 0u);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(Versions, WhileSuspendedOnlyTheNullVersionIsReplaced) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one");
  ASSERT_EQ(set("Suspended"), "OK");
  EXPECT_EQ(write("two"), "null");
  EXPECT_EQ(write("three"), "null");
  EXPECT_EQ(listed(), "k=three* k=one ");
  EXPECT_EQ(blobs(), 2u) << "'two' is gone";

  const auto deleted = erase();
  EXPECT_EQ(deleted->VersionId, "null");
  EXPECT_EQ(deleted->DeleteMarker, true);
  EXPECT_EQ(listed(), "k!* k=one ");
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(write("four"), "null") << "the marker was the null version";
  EXPECT_EQ(listed(), "k=four* k=one ");

  ASSERT_EQ(set("Enabled"), "OK");
  write("five");
  ASSERT_EQ(set("Suspended"), "OK");
  EXPECT_EQ(write("six"), "null") << "the null version lay among the older ones";
  EXPECT_EQ(blobs(), 3u);
  EXPECT_EQ(rows("s3/null/"), 0u);
  EXPECT_EQ(read_version("null"), "six");
  ASSERT_TRUE(erase("null"));
  EXPECT_EQ(read("box", "k"), "five");
  ASSERT_TRUE(erase(one));
  EXPECT_EQ(listed(), "k=five* ");
}

TEST_F(Versions, CopiesNameTheVersionTheyMean) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one");
  write("two");
  auto copy = at<api::CopyObjectRequest>("box", "k");
  copy.CopySource = "box/k?versionId=" + one;
  tick();
  const auto output = service->CopyObject(call, copy);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->CopySourceVersionId, one);
  EXPECT_EQ(read_version(*output->VersionId), "one");
  EXPECT_EQ(listed(), "k=one* k=two k=one ");
  copy.CopySource = "box/k?versionId=" + *erase()->VersionId;
  EXPECT_EQ(code(service->CopyObject(call, copy)), "InvalidRequest");
  copy.CopySource = "box/k";
  copy.Key = "l";
  EXPECT_EQ(code(service->CopyObject(call, copy)), "NoSuchKey");
}

TEST_F(Versions, ConditionsLookAtTheCurrentOne) {
  ASSERT_EQ(set("Enabled"), "OK");
  auto create = at<api::PutObjectRequest>("box", "k");
  create.IfNoneMatch = "*";
  ASSERT_TRUE(put(create, "one"));
  EXPECT_EQ(code(put(create, "two")), "PreconditionFailed");
  ASSERT_TRUE(erase());
  tick();
  EXPECT_EQ(code(put(create, "three")), "OK") << "a delete marker is nothing";
  auto request = at<api::DeleteObjectRequest>("box", "k");
  request.IfMatch = "\"other\"";
  EXPECT_EQ(code(service->DeleteObject(call, request)), "PreconditionFailed");
  request.IfMatch = service->HeadObject(call, at<api::HeadObjectRequest>("box", "k"))->ETag;
  tick();
  EXPECT_EQ(code(service->DeleteObject(call, request)), "OK");
  EXPECT_EQ(listed(), "k!* k=three k! k=one ");
}

TEST_F(Versions, ManyAreDeletedAtOnceByTheirIds) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one"), two = write("two");
  auto request = at<api::DeleteObjectsRequest>("box");
  request.Delete.Objects.push_back({.Key = "k", .VersionId = one});
  request.Delete.Objects.push_back({.Key = "k"});
  tick();
  const auto output = service->DeleteObjects(call, request);
  ASSERT_EQ(output->Deleted->size(), 2u);
  EXPECT_EQ((*output->Deleted)[0].VersionId, one);
  EXPECT_FALSE((*output->Deleted)[0].DeleteMarker);
  EXPECT_EQ((*output->Deleted)[1].DeleteMarker, true);
  const std::string marker = *(*output->Deleted)[1].DeleteMarkerVersionId;
  EXPECT_EQ(listed(), "k!* k=two ");
  request.Delete.Objects = {{.Key = "k", .VersionId = marker}};
  EXPECT_EQ((*service->DeleteObjects(call, request)->Deleted)[0].DeleteMarkerVersionId, marker);
  EXPECT_EQ(read("box", "k"), "two");
}

TEST_F(Versions, AreListedInPagesAndRolledUp) {
  ASSERT_EQ(write("null", "b"), "none");
  ASSERT_EQ(set("Enabled"), "OK");
  for (const char* key : {"a", "b", "dir/x", "dir/y", "dir/y", "e"}) write(key, key);
  write("b2", "b");
  ASSERT_TRUE(erase({}, "a"));
  const std::string all = "a!* a=a b=b2* b=b b=null dir/x=dir/x* dir/y=dir/y* dir/y=dir/y e=e* ";
  EXPECT_EQ(listed(), all);
  for (int size : {1, 2, 3, 4, 8}) {
    std::string pages = listed(size);
    std::erase(pages, '|');
    while (pages.find("  ") != std::string::npos) pages.replace(pages.find("  "), 2, " ");
    EXPECT_EQ(pages, all) << size;
  }
  EXPECT_EQ(listed(1000, "", "/"), "a!* a=a b=b2* b=b b=null dir/ e=e* ");
  EXPECT_EQ(listed(1, "", "/"), "a!* | a=a | b=b2* | b=b | b=null | dir/ | e=e* ");
  EXPECT_EQ(listed(1, "dir/", "/"), "dir/x=dir/x* | dir/y=dir/y* | dir/y=dir/y ");
  auto request = at<api::ListObjectVersionsRequest>("box");
  request.VersionIdMarker = "null";
  EXPECT_EQ(code(service->ListObjectVersions(call, request)), "InvalidArgument");
}

// As everybody does it who empties a bucket: list a page, delete what is on it, go on behind it.
TEST_F(Versions, DeletingPageByPageLeavesNothing) {
  ASSERT_EQ(write("null"), "none");
  ASSERT_EQ(set("Enabled"), "OK");
  for (int i = 0; i < 7; ++i) write(std::to_string(i));
  ASSERT_EQ(set("Suspended"), "OK");
  write("null again");
  ASSERT_EQ(set("Enabled"), "OK");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(erase());
  for (int size : {1, 2, 3}) {
    auto request = at<api::ListObjectVersionsRequest>("box");
    request.MaxKeys = size;
    for (int page = 0; page < 3; ++page) {
      const auto output = service->ListObjectVersions(call, request);
      ASSERT_TRUE(output);
      for (const auto& version : output->Versions.value_or(std::vector<api::ObjectVersion>{}))
        ASSERT_TRUE(erase(version.VersionId));
      for (const auto& marker : output->DeleteMarkers.value_or(std::vector<api::DeleteMarkerEntry>{}))
        ASSERT_TRUE(erase(marker.VersionId));
      if (!*output->IsTruncated) break;
      request.KeyMarker = output->NextKeyMarker;
      request.VersionIdMarker = output->NextVersionIdMarker;
    }
  }
  EXPECT_EQ(listed(), "");
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(Versions, ABucketWithAnyOfThemIsNotEmpty) {
  ASSERT_EQ(set("Enabled"), "OK");
  const std::string one = write("one");
  const std::string marker = *erase()->VersionId;
  const auto remove_bucket = [&] {
    return code(service->DeleteBucket(call, at<api::DeleteBucketRequest>("box")));
  };
  EXPECT_EQ(remove_bucket(), "BucketNotEmpty");
  ASSERT_TRUE(erase(one));
  EXPECT_EQ(remove_bucket(), "BucketNotEmpty") << "a delete marker counts";
  ASSERT_TRUE(erase(marker));
  EXPECT_EQ(remove_bucket(), "OK");
}

// A listing of objects reads the records of objects only, whatever lies under them.
TEST_F(Versions, DoNotStandInAListingsWay) {
  ASSERT_EQ(set("Enabled"), "OK");
  for (int i = 0; i < 50; ++i) {
    write("x", "gone" + std::to_string(i));
    ASSERT_TRUE(erase({}, "gone" + std::to_string(i)));
  }
  write("here", "here");
  EXPECT_EQ(rows("s3/object/box/"), 1u);
  const auto list = service->ListObjectsV2(call, at<api::ListObjectsV2Request>("box"));
  ASSERT_EQ(list->Contents->size(), 1u);
  EXPECT_EQ((*list->Contents)[0].Key, "here");
}

// Two deletions of the same marker, a put between: whatever the order, one head and nothing lost.
TEST_F(Versions, TheHeadIsChangedByOneAtATime) {
  ASSERT_EQ(set("Enabled"), "OK");
  write("one");
  const KeyName name{"box", "k"};
  const std::string marker = *erase()->VersionId;
  const auto late = take_away(store, name, **find_version(store, name, marker));
  ASSERT_TRUE(late);
  ASSERT_TRUE(erase());
  EXPECT_FALSE(store.commit(late->transaction)) << "it would have put 'one' beside the newer marker";
  EXPECT_EQ(listed(), "k!* k! k=one ");
  EXPECT_EQ(read("box", "k"), "NoSuchKey");
}

TEST_F(Versions, RecordsOfBeforeCanBeRead) {
  ObjectResource object;
  object.size = 3;
  object.blob = "b";
  object.metadata.storage_class = "STANDARD";
  std::string bytes = encode(object);
  // Version 1 ended before what is new: the tags' count and what a redirect has in the
  // middle, the version's fields at the end.
  bytes.resize(bytes.size() - 4 - 8 - 1 - 4);
  const std::size_t tags = bytes.size() - 4 - (4 + 1) - (4 + 1);
  bytes.erase(tags, 4 + 1);
  bytes[0] = 1;
  const auto read = decode_object(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size, 3u);
  EXPECT_EQ(read->blob, "b");
  EXPECT_EQ(read->version_id, "");
}

}  // namespace
}  // namespace meridian::services::s3
