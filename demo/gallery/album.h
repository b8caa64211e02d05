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

/// Has the pictures of a folder, and what is known of each. It makes one call for each picture, first for those in
/// view.
///
/// Every picture ends as Shown, Failed (with a reason for people), or Canceled. Failed and Canceled pictures stay so
/// until somebody asks for them again. A cache bounds the memory of the thumbnails: a picture whose thumbnail was
/// dropped stays Shown, with an empty `thumbnail`, and is decoded again when its row comes into view.
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
        Waiting, ///< the picture waits for a worker
        Decoding,
        Shown,
        Failed, ///< the role `reason` says why
        Canceled,
    };
    Q_ENUM(State)
    enum Role {
        NameRole = Qt::UserRole + 1, ///< the name of the file
        PathRole,
        StateRole, ///< named "status", because items of QML have a state of their own
        ProgressRole, ///< from 0 to 1
        ReasonRole, ///< why it failed; else empty
        AttemptsRole, ///< how many calls were made for it
        ThumbnailRole, ///< the source of an Image; empty if there is none
    };

    explicit Album(Chaos &chaos, ThumbnailCache &cache, QObject *parent = nullptr);
    ~Album() override;

    /// Sets the client whose workers decode. What the client before has not finished is asked for again.
    void setClient(Prefork::Client *client);
    /// Sets how long a worker may take for one thumbnail.
    void setTimeout(std::chrono::milliseconds timeout) { m_timeout = timeout; }
    /// Sets the size of tiles in pixels of the screen. Thumbnails of another size are decoded again when they are in
    /// view.
    void setTile(QSize pixels, int radius);
    /// Decides again whether the decodes go wrong of the pictures that wait.
    void askAgain();
    void clear();
    void append(const QStringList &paths);

    /// Sets the rows that are in view, from @p first to @p last. They are decoded before the others.
    Q_INVOKABLE void showRows(int first, int last);
    /// Asks again for a picture that failed or was canceled. Returns false if it is neither.
    Q_INVOKABLE bool retry(int row);
    /// Asks again for all pictures that failed or were canceled.
    Q_INVOKABLE void retryAll();
    /// Decodes all pictures again. What is shown stays until then.
    Q_INVOKABLE void decodeAgain();
    /// Cancels all pictures that wait or are being decoded.
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
        int priority = 0; // the priority of its call
        quint64 ticket = 0; // the number of its last call; 0 = there was none
        bool hasCall = false;
        bool isInView = false;
        QSize tile = {}; // the size of the tile for which its thumbnail was made
        Prefork::Call call = {};
    };

    [[nodiscard]] bool isInView(int row) const { return row >= m_first && row <= m_last; }
    /// Makes calls for the rows that @p isWanted accepts: at once for those in view, soon for the others.
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
    // The priority of the rows that came into view last. It grows with each change of the rows in view. Other rows have
    // 0, which leaves room for priorities between.
    int m_looks = 2;
    int m_first = 0;
    int m_last = -1;
    int m_nextToAsk = 0; // the first row for which a call may still have to be made
    QTimer m_askSoon;
    QTimer m_lookSoon;
    QTimer m_tellSoon;
};

#endif
