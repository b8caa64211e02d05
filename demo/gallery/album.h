// SPDX-License-Identifier: MIT
#ifndef GALLERY_ALBUM_H
#define GALLERY_ALBUM_H

#include "chaos.h"
#include "thumbnailcache.h"

#include <QtPrefork/Call>
#include <QtPrefork/Client>
#include <QtPrefork/Error>

#include <QtCore/QAbstractListModel>
#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtQml/qqmlregistration.h>

/// The pictures of a folder, each with what is known of it: one call an image, those that are in view first.
///
/// Every picture ends as Shown, Failed (with a reason for people), or Canceled; the last two until somebody asks for
/// them again. Thumbnails are kept within the bounds of a cache: one that was dropped is decoded again when its row
/// comes into view; until then it stays Shown, with an empty `thumbnail`.
class Album : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The gallery has one.")
    Q_PROPERTY(int count READ count NOTIFY countsChanged)
    Q_PROPERTY(int waiting READ waiting NOTIFY countsChanged)
    Q_PROPERTY(int decoding READ decoding NOTIFY countsChanged)
    Q_PROPERTY(int shown READ shown NOTIFY countsChanged)
    Q_PROPERTY(int failed READ failed NOTIFY countsChanged)
    Q_PROPERTY(int canceled READ canceled NOTIFY countsChanged)

public:
    enum State {
        Waiting, ///< for a worker
        Decoding,
        Shown,
        Failed, ///< see `reason`
        Canceled,
    };
    Q_ENUM(State)
    enum Role {
        NameRole = Qt::UserRole + 1, ///< of its file
        PathRole,
        StateRole, ///< "status", for items of QML have a state of their own
        ProgressRole, ///< from 0 to 1
        ReasonRole, ///< why it failed; else empty
        AttemptsRole, ///< how often it was asked for
        ThumbnailRole, ///< the source of an Image; empty if there is none
    };

    explicit Album(Chaos &chaos, ThumbnailCache &cache, QObject *parent = nullptr);
    ~Album() override;

    /// Whose workers decode. What another client has not finished is asked for again.
    void setClient(Prefork::Client *client);
    /// The longest that one thumbnail may take its worker.
    void setTimeout(std::chrono::milliseconds timeout) { m_timeout = timeout; }
    /// In pixels of the screen. Thumbnails of another size are decoded again when they are in view.
    void setTile(QSize pixels, int radius);
    /// Those that wait ask anew whether they are to go wrong.
    void askAgain();
    void clear();
    void append(const QStringList &paths);

    /// Tells which rows are in view, from @p first to @p last: they are decoded before the others.
    Q_INVOKABLE void showRows(int first, int last);
    /// Asks again for one that failed or was canceled; true if it is one.
    Q_INVOKABLE bool retry(int row);
    /// Asks again for all that failed or were canceled.
    Q_INVOKABLE void retryAll();
    /// Decodes all pictures anew; what is shown stays until then.
    Q_INVOKABLE void decodeAgain();
    /// Those that wait or are being decoded are not wanted any more.
    Q_INVOKABLE void cancelAll();
    Q_INVOKABLE QString nameAt(int row) const;
    Q_INVOKABLE QString pathAt(int row) const;
    Q_INVOKABLE Album::State stateAt(int row) const;

    [[nodiscard]] int count() const { return int(m_entries.size()); }
    [[nodiscard]] int waiting() const { return m_counts[Waiting]; }
    [[nodiscard]] int decoding() const { return m_counts[Decoding]; }
    [[nodiscard]] int shown() const { return m_counts[Shown]; }
    [[nodiscard]] int failed() const { return m_counts[Failed]; }
    [[nodiscard]] int canceled() const { return m_counts[Canceled]; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

Q_SIGNALS:
    void countsChanged();

private:
    struct Entry
    {
        QString path;
        State state = Waiting;
        double progress = 0;
        QString reason = {};
        int attempts = 0;
        int priority = 0; // of its call
        quint64 ticket = 0; // of the last call, which changes with each; 0 = there was none
        bool hasCall = false;
        bool isInView = false;
        QSize tile = {}; // for which its thumbnail was made
        Prefork::Call call = {};
    };

    [[nodiscard]] bool isInView(int row) const { return row >= m_first && row <= m_last; }
    /// Asks for the rows that @p isWanted takes: at once for those in view, soon for the others.
    template <class Predicate>
    void ask(Predicate isWanted);
    void askForMore();
    void request(int row, int priority);
    void giveUp(Entry &entry);
    void look();
    void lookAt(int row);
    [[nodiscard]] Entry *entryOf(int row, quint64 ticket);
    void advance(int row, quint64 ticket, const Prefork::Progress &progress);
    void show(int row, quint64 ticket, const QImage &image);
    void fail(int row, quint64 ticket, const Prefork::Error &error);
    void setState(int row, State state, const QString &reason = {});
    void tell(int row, const QList<int> &roles);
    void tellCounts();

    Chaos &m_chaos;
    ThumbnailCache &m_cache;
    QPointer<Prefork::Client> m_client;
    std::chrono::milliseconds m_timeout = std::chrono::seconds(5);
    QSize m_tile{168, 126};
    int m_radius = 6;
    QList<Entry> m_entries;
    int m_counts[Canceled + 1] = {};
    quint64 m_lastTicket = 0;
    // Grows with each change of the rows in view, and is the priority of those that came into view last. The others
    // have 0, so that there is room for something in between.
    int m_looks = 2;
    int m_first = 0;
    int m_last = -1;
    int m_nextToAsk = 0; // no row before it waits for its call to be made
    QTimer m_askSoon;
    QTimer m_lookSoon;
    QTimer m_tellSoon;
};

#endif
