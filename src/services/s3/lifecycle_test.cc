#include "services/s3/lifecycle_runner.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

using std::chrono::days;
using std::chrono::hours;

// 2026-03-01T10:00:00Z.
constexpr SystemTime kStart{std::chrono::seconds(1'772'359'200)};
const SystemTime kMidnight = midnight_of(kStart);

class Lifecycle : public S3Fixture {
 protected:
  Lifecycle() {
    call.time = kStart;
    make_bucket("box");
    restart();
  }
  void restart() { runner = std::make_unique<LifecycleRunner>(store, *service, logger, metrics); }

  static api::LifecycleRule rule(const std::string& id, const std::string& prefix = "") {
    api::LifecycleRule rule;
    rule.ID = id;
    rule.Status = "Enabled";
    rule.Filter.emplace().Prefix = prefix;
    return rule;
  }
  static api::LifecycleRule expiring(int after_days, const std::string& prefix = "") {
    api::LifecycleRule out = rule("r", prefix);
    out.Expiration.emplace().Days = after_days;
    return out;
  }
  static api::LifecycleRule noncurrent(int after_days, std::optional<int> kept = {}) {
    api::LifecycleRule out = rule("n");
    out.NoncurrentVersionExpiration.emplace().NoncurrentDays = after_days;
    out.NoncurrentVersionExpiration->NewerNoncurrentVersions = kept;
    return out;
  }
  std::string set(const std::vector<api::LifecycleRule>& rules, const std::string& bucket = "box") {
    auto request = at<api::PutBucketLifecycleConfigurationRequest>(bucket);
    request.LifecycleConfiguration.emplace().Rules = rules;
    return code(service->PutBucketLifecycleConfiguration(call, request));
  }
  void set_versioning(const char* status) {
    auto request = at<api::PutBucketVersioningRequest>("box");
    request.VersioningConfiguration.Status = status;
    ASSERT_EQ(code(service->PutBucketVersioning(call, request)), "OK");
  }
  void write(const std::string& key, SystemTime time, const char* tagging = nullptr,
             std::string_view text = "x") {
    call.time = time;
    auto request = at<api::PutObjectRequest>("box", key);
    if (tagging != nullptr) request.Tagging = tagging;
    ASSERT_TRUE(put(request, text));
  }
  void erase(SystemTime time, const std::string& key = "k") {
    call.time = time;
    ASSERT_EQ(remove("box", key), "OK");
  }
  void run(SystemTime now) {
    for (int step = 0;; ++step) {
      ASSERT_LT(step, 1000);
      const auto more = runner->advance(now);
      ASSERT_TRUE(more) << more.error().message;
      if (!*more) return;
    }
  }
  // "key" of objects, "key!" of delete markers, in order; versions that are not current in brackets.
  std::string left() {
    std::map<std::pair<std::string, SystemTime>, std::string> all;
    const auto list = service->ListObjectVersions(call, at<api::ListObjectVersionsRequest>("box"));
    for (const auto& entry : list->Versions.value_or(std::vector<api::ObjectVersion>{}))
      all[{*entry.Key, *entry.LastModified}] = *entry.IsLatest ? *entry.Key : "(" + *entry.Key + ")";
    for (const auto& entry : list->DeleteMarkers.value_or(std::vector<api::DeleteMarkerEntry>{}))
      all[{*entry.Key, *entry.LastModified}] = *entry.IsLatest ? *entry.Key + "!" : "(" + *entry.Key + "!)";
    std::string text;
    for (const auto& [place, shown] : all) text += (text.empty() ? "" : " ") + shown;
    return text;
  }
  std::size_t uploads() { return store.range("s3/upload/").value().items.size(); }

  Metrics metrics;
  std::unique_ptr<LifecycleRunner> runner;
};

TEST_F(Lifecycle, IsKeptAsItWasWritten) {
  EXPECT_EQ(code(service->GetBucketLifecycleConfiguration(
                call, at<api::GetBucketLifecycleConfigurationRequest>("box"))),
            "NoSuchLifecycleConfiguration");
  std::vector<api::LifecycleRule> rules = {expiring(3, "logs/"), noncurrent(5, 2)};
  rules.push_back(rule("old"));
  rules.back().Filter.reset();
  rules.back().Prefix = "tmp/";
  rules.back().Status = "Disabled";
  rules.back().Expiration.emplace().Date = SystemTime(days(21'000));
  rules.push_back(rule("and"));
  auto& all = rules.back().Filter.emplace().And.emplace();
  all.Prefix = "a";
  all.Tags.emplace().push_back({"k", "v"});
  all.ObjectSizeGreaterThan = 10;
  rules.back().Expiration.emplace().Days = 1;
  rules.push_back(rule("empty"));
  rules.back().Filter.emplace();
  rules.back().Expiration.emplace().ExpiredObjectDeleteMarker = true;
  rules.back().AbortIncompleteMultipartUpload.emplace().DaysAfterInitiation = 7;
  ASSERT_EQ(set(rules), "OK");
  const auto got =
      service->GetBucketLifecycleConfiguration(call, at<api::GetBucketLifecycleConfigurationRequest>("box"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->Rules, rules);
  ASSERT_EQ(code(service->DeleteBucketLifecycle(call, at<api::DeleteBucketLifecycleRequest>("box"))), "OK");
  EXPECT_EQ(code(service->GetBucketLifecycleConfiguration(
                call, at<api::GetBucketLifecycleConfigurationRequest>("box"))),
            "NoSuchLifecycleConfiguration");
}

TEST_F(Lifecycle, WrongRulesAreRefused) {
  EXPECT_EQ(set({}), "MalformedXML");
  EXPECT_EQ(set({rule("nothing")}), "InvalidRequest");
  EXPECT_EQ(set({expiring(0)}), "InvalidArgument");
  EXPECT_EQ(set({expiring(1), expiring(2)}), "InvalidArgument") << "one id twice";
  const auto with = [this](const auto& change) {
    api::LifecycleRule wrong = expiring(1);
    change(wrong);
    return set({wrong});
  };
  EXPECT_EQ(with([](auto& r) { r.Status = "On"; }), "MalformedXML");
  EXPECT_EQ(with([](auto& r) { r.ID = std::string(256, 'x'); }), "InvalidArgument");
  EXPECT_EQ(with([](auto& r) { r.Prefix = "p"; }), "MalformedXML") << "beside a filter";
  EXPECT_EQ(with([](auto& r) { r.Filter.reset(); }), "MalformedXML");
  EXPECT_EQ(with([](auto& r) { r.Filter->Tag = api::Tag{"a", "b"}; }), "MalformedXML");
  EXPECT_EQ(with([](auto& r) { r.Filter.emplace().And.emplace().Prefix = "alone"; }), "MalformedXML");
  EXPECT_EQ(with([](auto& r) {
              auto& all = r.Filter.emplace().And.emplace();
              all.ObjectSizeGreaterThan = 5;
              all.ObjectSizeLessThan = 5;
            }),
            "InvalidRequest");
  EXPECT_EQ(with([](auto& r) { r.Expiration->ExpiredObjectDeleteMarker = true; }), "MalformedXML");
  EXPECT_EQ(with([](auto& r) { r.Expiration.emplace().Date = kStart; }), "InvalidArgument")
      << "not at midnight";
  EXPECT_EQ(with([](auto& r) { r.Transitions.emplace().emplace_back().Days = 3; }), "NotImplemented");
  EXPECT_EQ(with([](auto& r) {
              r.Filter.emplace().Tag = api::Tag{"a", "b"};
              r.AbortIncompleteMultipartUpload.emplace().DaysAfterInitiation = 1;
            }),
            "InvalidRequest");
  EXPECT_EQ(set({noncurrent(1, 101)}), "InvalidArgument");
}

TEST_F(Lifecycle, ObjectsAreToldTheirEnd) {
  ASSERT_EQ(set({expiring(3, "logs/")}), "OK");
  const auto told = put("box", "logs/a", "x")->Expiration;
  EXPECT_EQ(told, "expiry-date=\"Thu, 05 Mar 2026 00:00:00 GMT\", rule-id=\"r\"");
  EXPECT_EQ(get(at<api::GetObjectRequest>("box", "logs/a"))->Expiration, told);
  EXPECT_EQ(service->HeadObject(call, at<api::HeadObjectRequest>("box", "logs/a"))->Expiration, told);
  EXPECT_FALSE(put("box", "other", "x")->Expiration);
}

TEST_F(Lifecycle, ObjectsEndAtTheMidnightAfterTheirDays) {
  ASSERT_EQ(set({expiring(3, "logs/")}), "OK");
  write("logs/a", kStart);
  write("logs/b", kStart + hours(20));
  write("other", kStart);
  run(kMidnight + days(4) - std::chrono::seconds(1));
  EXPECT_EQ(left(), "logs/a logs/b other");
  run(kMidnight + days(4));
  EXPECT_EQ(left(), "logs/b other");
  run(kMidnight + days(4) + hours(23));
  EXPECT_EQ(left(), "logs/b other") << "once a day";
  run(kMidnight + days(5));
  EXPECT_EQ(left(), "other");
  EXPECT_EQ(blobs(), 1u);
  EXPECT_NE(metrics.prometheus_text().find("meridian_s3_lifecycle_removed_total{what=\"object\"} 2"),
            std::string::npos);
}

TEST_F(Lifecycle, FiltersChoose) {
  api::LifecycleRule tagged = expiring(1);
  tagged.ID = "tagged";
  tagged.Filter.emplace().Tag = api::Tag{"class", "tmp"};
  api::LifecycleRule large = expiring(1);
  large.ID = "large";
  large.Filter.emplace().ObjectSizeGreaterThan = 4;
  api::LifecycleRule off = expiring(1);
  off.ID = "off";
  off.Status = "Disabled";
  ASSERT_EQ(set({tagged, large, off}), "OK");
  write("a", kStart, "class=tmp");
  write("b", kStart, "class=keep");
  write("c", kStart, nullptr, "1234");
  write("d", kStart, nullptr, "12345");
  run(kMidnight + days(2));
  EXPECT_EQ(left(), "b c");
}

TEST_F(Lifecycle, ADateIsForAllThatIsThereThenAndLater) {
  api::LifecycleRule dated = rule("dated");
  dated.Expiration.emplace().Date = kMidnight + days(10);
  ASSERT_EQ(set({dated}), "OK");
  write("a", kStart);
  run(kMidnight + days(9));
  EXPECT_EQ(left(), "a");
  run(kMidnight + days(10));
  EXPECT_EQ(left(), "");
  write("b", kMidnight + days(10) + hours(5));
  run(kMidnight + days(11));
  EXPECT_EQ(left(), "");
}

TEST_F(Lifecycle, VersionsEndSinceTheyWereReplaced) {
  set_versioning("Enabled");
  ASSERT_EQ(set({expiring(2), noncurrent(3)}), "OK") << "ids differ";
  write("k", kStart);
  write("k", kStart + days(1));
  run(kMidnight + days(4));
  EXPECT_EQ(left(), "(k) (k) k!") << "the current one ends under a delete marker";
  EXPECT_EQ(blobs(), 2u);
  run(kMidnight + days(5));
  EXPECT_EQ(left(), "(k) k!") << "the first was replaced on the first day";
  run(kMidnight + days(8));
  EXPECT_EQ(left(), "k!");
  run(kMidnight + days(9));
  EXPECT_EQ(left(), "") << "days end markers too, once nothing is under them";
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(Lifecycle, SomeNoncurrentVersionsAreKept) {
  set_versioning("Enabled");
  ASSERT_EQ(set({noncurrent(1, 2)}), "OK");
  for (int i = 0; i < 6; ++i) write("k", kStart + std::chrono::minutes(i));
  run(kMidnight + days(2));
  EXPECT_EQ(left(), "(k) (k) k");
  EXPECT_EQ(blobs(), 3u);
}

TEST_F(Lifecycle, MarkersOfNothingAreTakenAway) {
  set_versioning("Enabled");
  api::LifecycleRule markers = rule("markers");
  markers.Expiration.emplace().ExpiredObjectDeleteMarker = true;
  ASSERT_EQ(set({markers}), "OK");
  write("k", kStart);
  erase(kStart + std::chrono::minutes(1));
  erase(kStart, "never-there");
  run(kMidnight + days(1));
  EXPECT_EQ(left(), "(k) k!") << "there is a version under one";
}

TEST_F(Lifecycle, WhileSuspendedTheNullVersionIsReplaced) {
  set_versioning("Enabled");
  write("k", kStart);
  set_versioning("Suspended");
  write("k", kStart + std::chrono::minutes(1));
  api::LifecycleRule both = expiring(1);
  both.NoncurrentVersionExpiration.emplace().NoncurrentDays = 1;
  ASSERT_EQ(set({both}), "OK");
  run(kMidnight + days(2));
  EXPECT_EQ(left(), "k!");
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(Lifecycle, OldUploadsAreAborted) {
  api::LifecycleRule aborting = rule("aborting", "in/");
  aborting.AbortIncompleteMultipartUpload.emplace().DaysAfterInitiation = 2;
  ASSERT_EQ(set({aborting}), "OK");
  const auto begun =
      service->CreateMultipartUpload(call, at<api::CreateMultipartUploadRequest>("box", "in/k"));
  EXPECT_EQ(begun->AbortDate, kMidnight + days(3));
  EXPECT_EQ(begun->AbortRuleId, "aborting");
  auto part = at<api::UploadPartRequest>("box", "in/k");
  part.UploadId = *begun->UploadId;
  part.PartNumber = 1;
  ASSERT_TRUE(send("UploadPart", part, "text"));
  ASSERT_TRUE(service->UploadPart(call, part));
  call.body.reset();
  ASSERT_TRUE(service->CreateMultipartUpload(call, at<api::CreateMultipartUploadRequest>("box", "out/k")));
  run(kMidnight + days(2));
  EXPECT_EQ(uploads(), 2u);
  run(kMidnight + days(3));
  EXPECT_EQ(uploads(), 1u);
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(Lifecycle, EachBucketHasItsOwnAndNoneIsLeftOut) {
  for (const char* name : {"aaa", "zzz", "mid"}) {
    make_bucket(name);
    ASSERT_TRUE(put(name, "k", "x"));
  }
  ASSERT_EQ(set({expiring(1)}, "aaa"), "OK");
  ASSERT_EQ(set({expiring(1)}, "zzz"), "OK");
  run(kMidnight + days(2));
  EXPECT_EQ(read("aaa", "k"), "NoSuchKey");
  EXPECT_EQ(read("zzz", "k"), "NoSuchKey");
  EXPECT_EQ(read("mid", "k"), "x");
}

// Many pages, a restart between any two steps, and a key with more versions than a page has.
TEST_F(Lifecycle, ARestartGoesOnWhereItWas) {
  set_versioning("Enabled");
  ASSERT_EQ(set({noncurrent(1, 1)}), "OK");
  for (int i = 0; i < 1200; ++i) write("many", kStart + std::chrono::seconds(i));
  for (int i = 0; i < 600; ++i) write("z" + std::to_string(i), kStart);
  for (int i = 0; i < 600; ++i) write("z" + std::to_string(i), kStart + hours(1));
  bool more = true;
  for (int step = 0; more; ++step) {
    ASSERT_LT(step, 100);
    if (step == 3) restart();
    more = *runner->advance(kMidnight + days(2));
  }
  EXPECT_EQ(store.range("s3/version/").value().items.size(), 601u);
  EXPECT_EQ(blobs(), 1202u);
}

TEST_F(Lifecycle, WhatChangedMeanwhileIsLeft) {
  write("a", kStart);
  write("b", kStart);
  const auto looked_at = [this](const char* key) {
    const auto found = find_version(store, {"box", key}, "null");
    return Expiry{key, **found, true};
  };
  const std::vector<Expiry> expiries = {looked_at("a"), looked_at("b")};
  write("b", kStart + hours(1), nullptr, "new");
  const auto bucket = decode_bucket(store.get(bucket_key("box")).value()->value);
  EXPECT_EQ(service->expire(*bucket, expiries, kStart).value(), false);
  EXPECT_EQ(left(), "a b") << "all or nothing";
  EXPECT_EQ(service->expire(*bucket, {&expiries[0], 1}, kStart).value(), true);
  EXPECT_EQ(service->expire(*bucket, {&expiries[1], 1}, kStart).value(), false);
  EXPECT_EQ(read("box", "b"), "new");
}

}  // namespace
}  // namespace meridian::services::s3
