#include "services/s3/events.h"

#include <condition_variable>
#include <mutex>

#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

class Collected final : public ObjectEventReader {
 public:
  void on_event(const ObjectEvent& event) override {
    std::unique_lock lock(mutex);
    open.wait(lock, [this] { return !held; });
    events.push_back(event);
    came.notify_all();
  }
  // Once there are so many.
  std::vector<ObjectEvent> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    came.wait_for(lock, std::chrono::seconds(20), [&] { return events.size() >= count; });
    return events;
  }
  void hold(bool whether) {
    std::lock_guard lock(mutex);
    held = whether;
    open.notify_all();
  }

  std::mutex mutex;
  std::condition_variable came, open;
  std::vector<ObjectEvent> events;
  bool held = false;
};

class Events : public S3Fixture {
 protected:
  Events() { make_bucket("box"); }
  ~Events() override { reader.hold(false); }
  void put_as(const char* operation, const std::string& key) {
    call.operation = operation;
    ASSERT_TRUE(put("box", key, "text"));
  }
  std::size_t kept() { return store.range(kEventsPrefix).value().items.size(); }
  Collected reader;  // outlives the service's thread
};

TEST_F(Events, AreToldInTheOrderOfTheChanges) {
  Collected told;
  ASSERT_TRUE(service->events().start(told, logger));
  call.request_id = "R1";
  call.source_address = "192.0.2.1";
  put_as("PutObject", "one");
  put_as("PostObject", "two");
  auto copy = at<api::CopyObjectRequest>("box", "three");
  copy.CopySource = "box/one";
  call.operation = "CopyObject";
  ASSERT_TRUE(service->CopyObject(call, copy));
  call.operation = "DeleteObject";
  EXPECT_EQ(remove("box", "one"), "OK");
  EXPECT_EQ(remove("box", "one"), "OK") << "nothing is there any more";
  call.operation = "lifecycle";
  EXPECT_EQ(remove("box", "two"), "OK");
  const auto events = told.wait_for(5);
  ASSERT_EQ(events.size(), 5u);
  std::string names;
  for (const ObjectEvent& event : events) names += event.name + " " + event.key + "\n";
  EXPECT_EQ(names,
            "ObjectCreated:Put one\nObjectCreated:Post two\nObjectCreated:Copy three\n"
            "ObjectRemoved:Delete one\nLifecycleExpiration:Delete two\n");
  EXPECT_EQ(events[0].bucket, "box");
  EXPECT_EQ(events[0].size, 4u);
  EXPECT_EQ(events[0].etag, "1cb251ec0d568de6a929b520c4aed8d1");
  EXPECT_EQ(events[0].region, "us-east-1");
  EXPECT_EQ(events[0].request_id, "R1");
  EXPECT_EQ(events[0].source_address, "192.0.2.1");
  EXPECT_EQ(events[0].version_id, "");
  for (std::size_t i = 1; i < events.size(); ++i) EXPECT_GT(events[i].revision, events[i - 1].revision);
  service.reset();
  EXPECT_EQ(kept(), 0u) << "what was told is forgotten";
}

TEST_F(Events, ADeleteMarkerIsOneOfItsOwn) {
  auto versioning = at<api::PutBucketVersioningRequest>("box");
  versioning.VersioningConfiguration.Status = "Enabled";
  ASSERT_TRUE(service->PutBucketVersioning(call, versioning));
  ASSERT_TRUE(service->events().start(reader, logger));
  put_as("PutObject", "k");
  call.operation = "DeleteObject";
  EXPECT_EQ(remove("box", "k"), "OK");
  const auto events = reader.wait_for(2);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "ObjectCreated:Put");
  EXPECT_NE(events[0].version_id, "");
  EXPECT_EQ(events[1].name, "ObjectRemoved:DeleteMarkerCreated");
  EXPECT_NE(events[1].version_id, events[0].version_id);
  service.reset();
}

TEST_F(Events, NothingIsWrittenWhileNobodyReads) {
  put_as("PutObject", "k");
  EXPECT_EQ(kept(), 0u);
}

TEST_F(Events, WhatWasNotToldBeforeTheEndIsToldAfterIt) {
  ASSERT_TRUE(service->events().start(reader, logger));
  reader.hold(true);
  for (const char* key : {"a", "b", "c"}) put_as("PutObject", key);
  EXPECT_EQ(kept(), 3u);
  // A crash: another reads what the store holds, while the first never gets on.
  Collected after;
  S3 next(store, *objects, random);
  ASSERT_TRUE(next.events().start(after, logger));
  const auto events = after.wait_for(3);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].key + events[1].key + events[2].key, "abc");
  reader.hold(false);
  service.reset();
}

TEST(ObjectEventRecord, IsReadAsItWasWritten) {
  ObjectEvent event;
  event.name = "ObjectCreated:Put";
  event.bucket = "b";
  event.key = std::string("k\0\xff", 3);
  event.size = 7;
  const std::string bytes = encode(event);
  const auto read = decode_event(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, event.key);
  EXPECT_EQ(read->size, 7u);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_event(bytes.substr(0, size)));
}

}  // namespace
}  // namespace meridian::services::s3
