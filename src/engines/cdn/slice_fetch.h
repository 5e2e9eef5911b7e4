// What is missing of an object that is kept in slices: asked of the tiers behind, a run of slices at a time,
// under the validator of what is there. Rule: bytes of another object never come between; when there is one,
// this one is cut, and gone from every cache.
#pragma once

#include <memory>
#include <string>

#include "engines/cdn/ask.h"
#include "engines/cdn/slices/sliced_body.h"

namespace meridian::engines::cdn {

class Tier;

inline constexpr unsigned kFillCutsMax = 3;  // one after another, without a byte between them
// So long a fill waits for somebody to want what comes next, before it lets go of the origin.
inline constexpr Duration kFillIdleTime = std::chrono::seconds(1);

std::shared_ptr<Ask> part_of(const Ask& whole, const rules::ByteRange& range, std::string_view etag);
// The slices that it lies in.
rules::ByteRange whole_slices(const rules::ByteRange& range);
// What is asked of a tier that keeps slices, also where the rest of one is missing.
std::shared_ptr<const Ask> in_whole_slices(const std::shared_ptr<const Ask>& ask);

class SliceFetch final : public std::enable_shared_from_this<SliceFetch> {
 public:
  struct Question {
    Worker* worker = nullptr;
    const Tier* tier = nullptr;  // whose slices they are
    std::shared_ptr<const Ask> ask;
    std::string etag;        // strong; of every part
    bool at_shield = false;  // behind `tier` there is the origin, whatever `ask` says
  };

  // Slices of different answers belong together only if a strong validator says so.
  static bool comes_in_slices(const Ask& ask, const Object& object);
  // Makes `object`, whose body is `coming`, one that is kept in slices, the first of which are those.
  static void keep_in_slices(slices::Slices& slices, disk::DiskCache* disk, Question question, Object& object,
                             std::shared_ptr<Body> coming);
  // The same of one that was read from disk.
  static void read_in_slices(slices::Slices& slices, disk::DiskCache& disk, Question question,
                             std::uint64_t generation, Object& object);
  // Whose slices they are; null: they come from a tier that may be waiting for `ask`, which is of a shield.
  static const Tier* ask_as(const Object& object, Worker& worker, std::shared_ptr<const Ask> ask);

  static std::shared_ptr<SliceFetch> start(Question question, std::shared_ptr<slices::Fill> fill);
  SliceFetch(Question question, std::shared_ptr<slices::Fill> fill);
  ~SliceFetch() { wake_->cancel(); }

 private:
  void ask();
  void answered(const Answer& answer);
  void read(std::unique_ptr<BodyReader> from);
  void pump();
  void wait_to_be_wanted();
  void again();
  void changed();
  void over();

  const Question question_;
  std::shared_ptr<slices::Fill> fill_;
  const std::shared_ptr<Wake> wake_;
  std::unique_ptr<BodyReader> coming_;
  std::unique_ptr<net::Timer> idle_;
  unsigned cuts_left_ = kFillCutsMax;
  bool over_ = false;
};

}  // namespace meridian::engines::cdn
