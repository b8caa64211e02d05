// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_IDMAP_P_H
#define QTPREFORK_IDMAP_P_H

#include <QtGlobal>

#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace Prefork::Pooling {

/// This is a map from a running number (of a worker, a checkout) to an entry of the type T. Entries keep their address
/// until they are erased. Running numbers need no hashing: the last bits of a number say in which bucket its entry is.
/// The memory of a few erased entries is kept for the next ones, for one-shots and checkouts come and go all the time.
template <class T>
class IdMap
{
    Q_DISABLE_COPY_MOVE(IdMap)

    struct Entry
    {
        const quint64 first; // its number
        T second;
    };
    struct Node
    {
        Entry entry;
        Node *next; // in the same bucket
    };
    using Buckets = std::vector<Node *>;

    template <class Visited>
    class Iterator
    {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Entry;
        using difference_type = std::ptrdiff_t;
        using pointer = Visited *;
        using reference = Visited &;

        Iterator(const Buckets *buckets, std::size_t bucket)
            : m_buckets(buckets)
            , m_bucket(bucket)
        {
            findNext();
        }
        [[nodiscard]] Visited &operator*() const { return m_node->entry; }
        [[nodiscard]] Visited *operator->() const { return &m_node->entry; }
        Iterator &operator++()
        {
            m_node = m_node->next;
            findNext();
            return *this;
        }
        friend bool operator==(const Iterator &a, const Iterator &b) { return a.m_node == b.m_node; }

    private:
        void findNext()
        {
            while (!m_node && m_bucket < m_buckets->size())
                m_node = (*m_buckets)[m_bucket++];
        }

        const Buckets *m_buckets;
        std::size_t m_bucket; // the next one to look into
        Node *m_node = nullptr; // null at the end
    };

public:
    IdMap() = default;
    ~IdMap()
    {
        for (Node *node : m_buckets) {
            while (node)
                destroy(std::exchange(node, node->next));
        }
        while (m_spare)
            ::operator delete(std::exchange(m_spare, m_spare->next));
    }

    /// Returns null if no entry has this number.
    [[nodiscard]] T *find(quint64 id) const
    {
        for (Node *node = bucketOf(id); node; node = node->next) {
            if (node->entry.first == id)
                return &node->entry.second;
        }
        return nullptr;
    }
    [[nodiscard]] T &at(quint64 id) const
    {
        T *const entry = find(id);
        if (!entry)
            throw std::out_of_range("no such id");
        return *entry;
    }
    [[nodiscard]] bool contains(quint64 id) const { return find(id) != nullptr; }
    /// Makes an entry of T{arguments...}. There must be none with this number.
    template <class... Arguments>
    T &emplace(quint64 id, Arguments &&...arguments)
    {
        Q_ASSERT(!contains(id));
        if (m_size > m_mask) [[unlikely]]
            resize(2 * m_buckets.size());
        void *memory = m_spare;
        if (memory) [[likely]] {
            m_spare = m_spare->next;
            --m_spareCount;
        } else {
            memory = ::operator new(sizeof(Node));
        }
        Node *&bucket = bucketOf(id);
        Node *const node = new (memory) Node{{id, T{std::forward<Arguments>(arguments)...}}, bucket};
        bucket = node;
        ++m_size;
        return node->entry.second;
    }
    bool erase(quint64 id)
    {
        for (Node **at = &bucketOf(id); *at; at = &(*at)->next) {
            if ((*at)->entry.first != id)
                continue;
            Node *const node = std::exchange(*at, (*at)->next);
            if (--m_size == 0 && m_buckets.size() > MostBuckets) [[unlikely]]
                resize(FewestBuckets);
            destroy(node); // this comes last, for what the entry owns may lead back here
            return true;
        }
        return false;
    }
    [[nodiscard]] bool empty() const { return m_size == 0; }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] auto begin() { return Iterator<Entry>(&m_buckets, 0); }
    [[nodiscard]] auto end() { return Iterator<Entry>(&m_buckets, m_buckets.size()); }
    [[nodiscard]] auto begin() const { return Iterator<const Entry>(&m_buckets, 0); }
    [[nodiscard]] auto end() const { return Iterator<const Entry>(&m_buckets, m_buckets.size()); }

private:
    static constexpr std::size_t FewestBuckets = 16; // like every number of buckets, a power of two
    static constexpr std::size_t MostBuckets = 1024; // that an empty map keeps
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr int MostSpare = 0; // so that the sanitizer notices a use after free
#else
    static constexpr int MostSpare = 16; // erased entries whose memory is kept
#endif

    [[nodiscard]] Node *&bucketOf(quint64 id) const { return m_bucketsBegin[id & m_mask]; }
    void resize(std::size_t size)
    {
        Buckets larger(size);
        for (Node *node : std::exchange(m_buckets, {})) {
            while (node) {
                Node *const moved = std::exchange(node, node->next);
                Node *&bucket = larger[moved->entry.first & (size - 1)];
                moved->next = std::exchange(bucket, moved);
            }
        }
        m_buckets = std::move(larger);
        m_bucketsBegin = m_buckets.data();
        m_mask = size - 1;
    }
    void destroy(Node *node)
    {
        node->~Node();
        if (m_spareCount >= MostSpare) {
            ::operator delete(node);
            return;
        }
        node->next = std::exchange(m_spare, node);
        ++m_spareCount;
    }

    Buckets m_buckets = Buckets(FewestBuckets);
    Node **m_bucketsBegin = m_buckets.data(); // so that find() need not ask for it
    std::size_t m_mask = FewestBuckets - 1; // one less than the number of buckets
    std::size_t m_size = 0;
    Node *m_spare = nullptr; // memory of erased entries, linked by Node::next
    int m_spareCount = 0;
};

}

#endif
