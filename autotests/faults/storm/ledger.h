// SPDX-License-Identifier: MIT
#ifndef STORM_LEDGER_H
#define STORM_LEDGER_H

#include <QtPrefork/Error>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>

/// What all processes of a storm share: memory in which clients and workers note what they do, so that it outlives any
/// of them.
namespace Storm {

/// How a request settled: with a result, canceled, or with an error, whose code is added to Failed.
enum Outcome : quint32 { Unsettled, Answered, Canceled, Failed };

/// How a client has canceled a request.
enum Wish : quint8 {
    ByHandle = 1,
    ByFuture = 2,
    Unsent = 4, ///< and it cannot have been sent by then
};

/// One request, from its client's and its worker's point of view.
struct Record
{
    std::atomic<quint64> nonce = 0;
    std::atomic<quint32> submissions = 0; ///< by the client, as are
    std::atomic<quint32> settlements = 0;
    std::atomic<quint32> outcome = Unsettled; ///< of the first settlement
    std::atomic<quint32> mismatches = 0; ///< results that were not the answer to this request
    std::atomic<quint32> executions = 0; ///< by workers, each noted before anything else is done
    std::atomic<quint8> wishes = 0; ///< that it be canceled, which were granted: Wish, or several of them
    std::atomic<quint8> isDisordered = 0; ///< an event, or progress, came at the wrong time
};

/// What everybody is to do now.
enum class Phase : quint32 {
    WarmUp, ///< requests, but no kills
    Rest, ///< no further requests
    Blow, ///< requests and kills
    Calm, ///< no further requests; every worker is replaced by one of the latest server
    End, ///< clients end
};

struct ClientPage
{
    std::atomic<quint32> unsettled = 0;
    std::atomic<quint32> phase = 0; ///< that the client has seen and acted upon
    std::atomic<quint32> isAtRest
        = 0; ///< nothing is unsettled, and there are as many workers as at the very start, all of them idle
};

inline constexpr int MostClients = 256;

struct Header
{
    std::atomic<Phase> phase = Phase::WarmUp;
    std::atomic<quint64> wanted = 0; ///< requests
    std::atomic<quint32> goesOn = 1; ///< further ones follow, for there are kills to come
    std::atomic<quint64> claimed = 0;
    std::atomic<quint64> settled = 0;
    std::atomic<qint64> crashesDue = 0; ///< requests that clients are to make for a worker that ends itself
    std::atomic<qint64> crashesUnderWay = 0; ///< those that were made and have not settled
    std::atomic<quint64> crashes = 0; ///< those that workers have begun
    std::atomic<quint64> listening = 0; ///< the last generation of servers that listens
    std::atomic<qint64> zygote = 0; ///< its zygote's pid
    std::atomic<quint64> lateCancels = 0; ///< of what had settled, or was about to
    std::atomic<quint64> events = 0; ///< that clients have heard of
    std::atomic<quint64> progress = 0;
    std::atomic<quint64> runTimeouts = 0; ///< requests that failed because their methods ran for too long
    std::array<ClientPage, MostClients> clients;
};

/// The shared memory, in a file that has no name.
class Ledger
{
    Q_DISABLE_COPY_MOVE(Ledger)

public:
    /// A new one for so many requests. descriptor() is for the processes that are to have it too; -1 if there is no
    /// memory.
    explicit Ledger(quint64 capacity);
    /// The one behind a descriptor, which is closed.
    static std::unique_ptr<Ledger> adopt(int descriptor);
    ~Ledger();

    [[nodiscard]] int descriptor() const { return m_descriptor; }
    [[nodiscard]] Header &header() const { return *m_header; }
    [[nodiscard]] std::span<Record> records() const { return m_records; }
    [[nodiscard]] Phase phase() const { return m_header->phase.load(); }

    /// For clients: whether there are to be further requests.
    [[nodiscard]] bool mayClaim() const { return mayClaim(m_header->claimed.load()); }
    /// The number of a new one, if so.
    [[nodiscard]] std::optional<quint64> claim();
    void submit(quint64 id, quint64 nonce);
    /// True if this is the first time; to be called each time.
    bool settle(quint64 id, quint32 outcome);
    void noteMismatch(quint64 id) { m_records[id].mismatches.fetch_add(1); }
    void noteWish(quint64 id, int wish) { m_records[id].wishes.fetch_or(quint8(wish)); }
    void noteDisorder(quint64 id) { m_records[id].isDisordered.store(1); }
    /// For clients: whether a request that ends its worker is due. Then it is under way, until endCrash().
    [[nodiscard]] bool takeCrash();
    void endCrash() { m_header->crashesUnderWay.fetch_sub(1); }

    /// For workers. The nonce is checked: what nobody asked for is not executed.
    [[nodiscard]] bool execute(qint64 id, qint64 nonce);

private:
    Ledger(int descriptor, std::size_t size);
    void map(std::size_t size);
    [[nodiscard]] bool mayClaim(quint64 id) const;

    int m_descriptor = -1;
    void *m_memory = nullptr;
    std::size_t m_size = 0;
    Header *m_header = nullptr;
    std::span<Record> m_records;
};

}

#endif
