// SPDX-License-Identifier: MIT
#ifndef GALLERY_VIEWER_H
#define GALLERY_VIEWER_H

#include "album.h"

#include <QtCore/QElapsedTimer>
#include <QtQml/qqmlregistration.h>

/// Has the picture that is open. A worker decodes it at full size.
class Viewer : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The gallery has one.")
    Q_PROPERTY(int row READ row NOTIFY changed)
    Q_PROPERTY(bool open READ isOpen NOTIFY changed)
    Q_PROPERTY(QString name READ name NOTIFY changed)
    Q_PROPERTY(Album::State status READ status NOTIFY changed)
    Q_PROPERTY(double progress READ progress NOTIFY changed)
    Q_PROPERTY(QString reason READ reason NOTIFY changed)
    Q_PROPERTY(QString description READ description NOTIFY changed)
    Q_PROPERTY(QString source READ source NOTIFY changed)

public:
    Viewer(Album &album, Chaos &chaos, QObject *parent = nullptr);

    void setClient(Prefork::Client *client);
    void setTimeout(std::chrono::milliseconds timeout) { m_timeout = timeout; }

    Q_INVOKABLE void show(int row);
    /// Opens the picture that is @p steps further on in the album, if there is one.
    Q_INVOKABLE void go(int steps);
    Q_INVOKABLE void close();
    /// Stops decoding. The picture stays open, as Canceled.
    Q_INVOKABLE void cancel();
    Q_INVOKABLE void retry();

    [[nodiscard]] int row() const { return m_row; }
    [[nodiscard]] bool isOpen() const { return m_row >= 0; }
    [[nodiscard]] QString name() const { return m_album.nameAt(m_row); }
    [[nodiscard]] Album::State status() const { return m_state; }
    [[nodiscard]] double progress() const { return m_progress; }
    [[nodiscard]] QString reason() const { return m_reason; }
    /// Returns a text such as "4200 × 700 · JPEG · in 84 ms".
    [[nodiscard]] QString description() const { return m_description; }
    /// Returns the source of an Image; empty as long as there is nothing to show.
    [[nodiscard]] QString source() const;
    [[nodiscard]] QImage image() const { return m_image; }

Q_SIGNALS:
    void changed();

private:
    void describe(QSize size, const QString &words);
    void finish(const QImage &image);
    void end(Album::State state, const QString &reason = {});

    Album &m_album;
    Chaos &m_chaos;
    QPointer<Prefork::Client> m_client;
    std::chrono::milliseconds m_timeout = std::chrono::seconds(20);
    int m_row = -1;
    Album::State m_state = Album::Waiting;
    double m_progress = 0;
    QString m_reason;
    QString m_description;
    QImage m_image;
    QSize m_size;
    QElapsedTimer m_clock;
    quint64 m_ticket = 0;
    Prefork::Call m_call;
};

#endif
