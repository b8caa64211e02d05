// SPDX-License-Identifier: MIT
#include "ledger.h"

#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace Storm {

static_assert(std::atomic<quint64>::is_always_lock_free && std::atomic<quint32>::is_always_lock_free
                  && std::atomic<quint8>::is_always_lock_free,
              "locks are not shared by processes");
static_assert(sizeof(Record) == 32, "there are millions of them");

Ledger::Ledger(quint64 capacity)
    : m_descriptor(::memfd_create("prefork-storm", MFD_CLOEXEC))
{
    const std::size_t size = sizeof(Header) + capacity * sizeof(Record);
    if (m_descriptor < 0 || ::ftruncate(m_descriptor, off_t(size)) != 0)
        return;
    map(size);
    if (m_header) // records are right when they are zero, and take no memory until they are written
        std::construct_at(m_header);
}

Ledger::Ledger(int descriptor, std::size_t size)
    : m_descriptor(descriptor)
{
    map(size);
}

std::unique_ptr<Ledger> Ledger::adopt(int descriptor)
{
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0 || status.st_size < off_t(sizeof(Header)))
        return nullptr;
    std::unique_ptr<Ledger> ledger(new Ledger(descriptor, std::size_t(status.st_size)));
    ::close(std::exchange(ledger->m_descriptor, -1));
    return ledger->m_header ? std::move(ledger) : nullptr;
}

Ledger::~Ledger()
{
    if (m_memory)
        ::munmap(m_memory, m_size);
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void Ledger::map(std::size_t size)
{
    void *const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, m_descriptor, 0);
    if (memory == MAP_FAILED)
        return;
    m_memory = memory;
    m_size = size;
    m_header = static_cast<Header *>(memory);
    m_records = {reinterpret_cast<Record *>(static_cast<char *>(memory) + sizeof(Header)),
                 (size - sizeof(Header)) / sizeof(Record)};
}

bool Ledger::mayClaim(quint64 id) const
{
    const Phase now = phase();
    const bool isOpen = now == Phase::WarmUp || now == Phase::Blow;
    return isOpen && id < m_records.size() && (id < m_header->wanted.load() || m_header->goesOn.load() != 0);
}

std::optional<quint64> Ledger::claim()
{
    quint64 id = m_header->claimed.load();
    do {
        if (!mayClaim(id))
            return {};
    } while (!m_header->claimed.compare_exchange_weak(id, id + 1));
    return id;
}

void Ledger::submit(quint64 id, quint64 nonce)
{
    m_records[id].nonce.store(nonce);
    m_records[id].submissions.fetch_add(1);
}

bool Ledger::settle(quint64 id, quint32 outcome)
{
    Record &record = m_records[id];
    if (record.settlements.fetch_add(1) != 0)
        return false;
    record.outcome.store(outcome);
    m_header->settled.fetch_add(1);
    return true;
}

bool Ledger::takeCrash()
{
    qint64 due = m_header->crashesDue.load();
    do {
        if (due <= 0)
            return false;
    } while (!m_header->crashesDue.compare_exchange_weak(due, due - 1));
    m_header->crashesUnderWay.fetch_add(1);
    return true;
}

bool Ledger::execute(qint64 id, qint64 nonce)
{
    if (id < 0 || quint64(id) >= m_records.size() || m_records[std::size_t(id)].nonce.load() != quint64(nonce))
        return false;
    m_records[std::size_t(id)].executions.fetch_add(1);
    return true;
}

}
