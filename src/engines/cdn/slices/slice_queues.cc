#include "engines/cdn/slices/slice_queues.h"

namespace meridian::engines::cdn::slices {

void SliceQueues::add(Slice& slice) {
  link(slice, ghosts_.take(slice.key));
}

void SliceQueues::link(Slice& slice, bool is_main) {
  slice.is_main = is_main;
  Queue& queue = queue_of(slice);
  slice.place = queue.order.insert(queue.order.end(), &slice);
  queue.bytes += slice.filled;
}

void SliceQueues::remove(Slice& slice) {
  Queue& queue = queue_of(slice);
  queue.order.erase(slice.place);
  queue.bytes -= slice.filled;
}

}  // namespace meridian::engines::cdn::slices
