// SPDX-License-Identifier: MIT
#ifndef GALLERY_SAMPLESOURCE_H
#define GALLERY_SAMPLESOURCE_H

#include <QtPrefork/Call>
#include <QtPrefork/Client>

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <QtCore/QTemporaryDir>

#include <map>

/// Has workers make the sample images, in a folder that is removed with this object.
class SampleSource : public QObject
{
    Q_OBJECT

public:
    explicit SampleSource(QObject *parent = nullptr);
    ~SampleSource() override;

    [[nodiscard]] QString folder() const { return m_folder.path(); }
    /// Begins to make the images, or goes on with another client.
    void start(Prefork::Client *client, int count);
    void stop();
    [[nodiscard]] bool isRunning() const { return m_next < m_count && m_client; }
    /// Returns how many of count() files ready() has told of.
    [[nodiscard]] int made() const { return m_next; }
    [[nodiscard]] int count() const { return m_count; }

Q_SIGNALS:
    /// This signal is emitted when further files are there, in the order of their numbers.
    void ready(const QStringList &paths);

private:
    void settle(int number, const QString &path);

    QTemporaryDir m_folder;
    QPointer<Prefork::Client> m_client;
    int m_count = 0;
    int m_next = 0; // the first number that was not told
    /// Files that are ready before those of lower numbers. The path is empty if the file could not be made.
    std::map<int, QString> m_ahead;
    std::map<int, Prefork::Call> m_calls;
};

#endif
