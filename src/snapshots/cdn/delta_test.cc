#include "snapshots/cdn/delta.h"

#include <gtest/gtest.h>

#include "snapshots/cdn/random_distributions.h"

namespace meridian::snapshots::cdn {
namespace {

constexpr int kCases = 300;

TEST(CdnDelta, WhatIsDecodedIsWhatWasEncoded) {
  RandomDistributions random(1);
  for (int i = 0; i < kCases; ++i) {
    const Delta delta = random.delta(i % 3 == 0 ? 0 : 7, 9);
    const std::string bytes = encode(delta);
    const auto back = decode(bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(encode(*back), bytes);
    ASSERT_EQ(back->puts.size(), delta.puts.size());
    for (std::size_t put = 0; put < delta.puts.size(); ++put) {
      const Distribution &was = *delta.puts[put], &is = *back->puts[put];
      EXPECT_EQ(is.aliases, was.aliases);
      EXPECT_EQ(is.behaviors.back().ttl, was.behaviors.back().ttl);
      EXPECT_EQ(is.behaviors.front().key, was.behaviors.front().key);
      EXPECT_EQ(is.origins.back().custom_headers, was.origins.back().custom_headers);
      EXPECT_EQ(is.origins.front().read_timeout, was.origins.front().read_timeout);
      EXPECT_EQ(is.tls.certificate != nullptr, was.tls.certificate != nullptr);
      EXPECT_EQ(is.continuous_deployment.has_value(), was.continuous_deployment.has_value());
    }
  }
}

TEST(CdnDelta, ASoftInvalidationIsAHardOneToWhoKnowsOfNone) {
  Delta delta{.from = 7, .to = 9, .invalidations = {{"I1", "E1", 8, {"/a", "#red"}, true}}};
  const auto back = decode(encode(delta));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->invalidations[0].id, "I1");
  EXPECT_TRUE(back->invalidations[0].soft);
  const std::string soft = encode(delta);
  delta.invalidations[0].soft = false;
  EXPECT_FALSE(decode(encode(delta))->invalidations[0].soft);
  delta.invalidations[0].id = "I1 soft";
  EXPECT_EQ(encode(delta), soft) << "only the id, which nobody at an edge reads, is another";
}

// Each byte of a delta changed: what is not refused means something, and always the same.
TEST(CdnDelta, AChangedByteIsRefusedOrHarmless) {
  RandomDistributions random(2);
  std::size_t refused = 0, changed = 0;
  for (int i = 0; i < 3; ++i) {
    std::string bytes = encode(random.delta(7, 9));
    for (char& byte : bytes) {
      const char was = byte;
      byte = static_cast<char>(byte ^ (1 << random.below(8)));
      const auto back = decode(bytes);
      ++changed;
      refused += !back;
      if (back) {
        EXPECT_EQ(encode(*back), bytes);
        const CdnSnapshot nothing;
        EXPECT_LE(apply(nothing, *back)->size(), back->puts.size());
      }
      byte = was;
    }
  }
  EXPECT_GT(refused, changed / 20);
}

TEST(CdnDelta, ACutOneIsRefused) {
  RandomDistributions random(3);
  const std::string bytes = encode(random.delta(0, 9));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(CdnDelta, WhatSeveralReferToIsOneObjectAgain) {
  RandomDistributions random(4);
  const auto shared = random.certificate();
  Delta delta{.from = 1, .to = 2};
  for (const char* id : {"E1", "E2"}) {
    auto made = std::make_shared<Distribution>(*random.distribution(id));
    made->tls.certificate = shared;
    delta.puts.push_back(made);
  }
  const auto back = decode(encode(delta));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->puts[0]->tls.certificate, back->puts[1]->tls.certificate);
}

TEST(CdnDelta, WhatDeltasHaveInCommonIsOneObjectWhileSomebodyHasIt) {
  RandomDistributions random(4);
  SharedParts parts;
  const auto decoded = [&](const snapshots::cdn::SharedCertificate& certificate) {
    auto made = std::make_shared<Distribution>(*random.distribution("E1"));
    made->tls.certificate = certificate;
    return decode(encode(Delta{.from = 1, .to = 2, .puts = {made}}), parts)->puts[0]->tls.certificate;
  };
  const auto first = random.certificate(), second = random.certificate();
  const auto kept = decoded(first);
  EXPECT_EQ(decoded(first), kept);
  EXPECT_EQ(*decoded(second), *second);
  EXPECT_EQ(decoded(first), kept) << "after another one";
}

TEST(CdnDelta, AnImageMakesTheSnapshotAgain) {
  RandomDistributions random(5);
  std::unique_ptr<const CdnSnapshot> snapshot = std::make_unique<CdnSnapshot>();
  for (std::uint64_t to = 2; to < 30; ++to) snapshot = apply(*snapshot, random.delta(to - 1, to));
  ASSERT_GT(snapshot->size(), 3U);
  const auto image = decode(encode(image_of(*snapshot)));
  ASSERT_TRUE(image) << image.error().message;
  const auto again = apply(CdnSnapshot(), *image);
  EXPECT_EQ(encode(image_of(*again)), encode(image_of(*snapshot)));
  EXPECT_EQ(again->revision(), 29U);
}

template <typename Spoil>
std::string refusal(Spoil spoil) {
  RandomDistributions random(6);
  auto made = std::make_shared<Distribution>(*random.distribution("E1"));
  made->origins.resize(1);
  made->groups.clear();
  for (Behavior& behavior : made->behaviors) behavior.origin = 0, behavior.group = Behavior::kNoTarget;
  spoil(*made);
  const auto back = decode(encode({.from = 1, .to = 2, .puts = {made}}));
  return back ? "" : back.error().message;
}

TEST(CdnDelta, WhatNoEngineCouldServeIsRefused) {
  EXPECT_EQ(refusal([](Distribution&) {}), "");
  EXPECT_NE(refusal([](Distribution& it) { it.behaviors.clear(); }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.behaviors.back().is_default = false; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.behaviors.back().origin = 1; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.behaviors.back().group = 0; }), "")
      << "both, or a group of none";
  EXPECT_NE(refusal([](Distribution& it) { it.groups = {{"g", 0, 1, {}}}; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.behaviors.back().ttl.maximum = {}; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.origins[0].custom_headers = {{"x", "a\r\nb: c"}}; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.origins[0].custom_headers = {{"x y", "a"}}; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.origins[0].http_port = 0; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.error_pages = {{404, "page", 200}}; }), "");
  EXPECT_NE(refusal([](Distribution& it) { it.id.clear(); }), "");
}

}  // namespace
}  // namespace meridian::snapshots::cdn
