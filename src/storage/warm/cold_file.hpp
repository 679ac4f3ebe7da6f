#pragma once

// ColdFile: up to 60 chunks of one schema as Parquet, with their layout in a small file beside it.
//
// What       write_cold_file() writes both; open_cold_file() gives the same rows back as chunks, whose columns are read
//            into memory when they are first verified. Bytes: docs/formats/cold_file.md.
// Threads    As ChunkFile.
// Ownership  Chunks keep the memory of the columns that were read as long as they live; the file keeps the codec.
// Durability As write_warm_file(): synced; the caller syncs the directory.
// Errors     kCorruption names the file and the column. Opening checks the layout; of the Parquet file it looks at the
//            size only.
// Cost       Opening: as a warm file's metadata. First read of a column: one decoding of it for all 60 chunks, about 10
//            nanoseconds a value.

#include "storage/cold_codec.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {

// Path of the file with the layout that lies beside the Parquet file `path`.
std::string cold_layout_path(const std::string& path);

// kTooLarge, kDiskFull, kIo, and what the codec says; the caller removes what is left of the two files then.
Status write_cold_file(Disk& disk, const std::string& path, const WarmContent& content, ColdCodec& codec,
                       const std::string& compression);

Result<std::shared_ptr<ChunkFile>> open_cold_file(Disk& disk, const std::string& path,
                                                  std::shared_ptr<const StoredSchema> schema,
                                                  const RowNumbering& numbering, std::shared_ptr<ColdCodec> codec);

}  // namespace kodiak::storage
