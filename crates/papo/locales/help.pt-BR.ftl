# A ajuda da linha de comando em português. O inglês está onde as opções são declaradas, em src/cli.rs.

cli-heading-usage = Uso:
cli-heading-commands = Comandos
cli-heading-options = Opções
cli-heading-arguments = Argumentos
cli-value-command = COMANDO
cli-value-options = [OPÇÕES]

cli-help = Mostra esta ajuda
cli-version = Mostra a versão
cli-lang = Idioma dos textos do papo: en ou pt-BR (padrão: o do sistema)
cli-config = Arquivo de configuração (padrão: ./papo.toml, senão papo/papo.toml no diretório de configuração)

cli-papo = Um papo, muitas portas: navegador, terminal e nc
cli-papo-example =
    Exemplo:
    {"  "}papo serve --lan     um hub para todos nesta rede
    {"  "}papo connect HOST    conversa nele em um terminal

cli-serve = Roda um hub: página, WebSocket, porta de texto TCP e repasse HTTP
cli-serve-example =
    Exemplo:
    {"  "}papo serve --lan --name norte --link http://sul.example:8000

    Cada opção também pode ser uma variável (PAPO_HTTP=…) ou uma linha do papo.toml (http = "…" em [serve]).
cli-serve-name = Nome deste hub, mostrado às pessoas (padrão: papo)
cli-serve-http = Endereço da página, do WebSocket e do repasse (padrão: 127.0.0.1:8000)
cli-serve-tcp = Endereço da porta de texto TCP, ou off (padrão: 127.0.0.1:4333)
cli-serve-lan = Abre todas as portas para a rede: em 0.0.0.0, com os mesmos números
cli-serve-room = Sala em que todos entram primeiro (padrão: lobby)
cli-serve-link = Outro hub com que compartilhar as salas; pode ser repetida
cli-serve-link-secret-file = Arquivo com o segredo com que hubs ligados assinam as mensagens
cli-serve-rendezvous-listen = Endereço de um registro de pares que roda dentro deste hub, ou off (padrão: off)
cli-serve-data = Pasta que guarda as salas (padrão: uma para cada nome de hub no diretório de dados)
cli-serve-ephemeral = Não guarda nada: as salas acabam com este processo
cli-serve-retention-messages = Mensagens de cada sala guardadas no mínimo, por mais velhas que sejam (padrão: 10000)
cli-serve-retention-days = Dias em que as mensagens ficam guardadas no mínimo, por mais que sejam (padrão: 7)
cli-serve-retention-bytes = Bytes de cada sala guardados no máximo, como 64M ou 1G (padrão: 256M)
cli-serve-require-token = Ninguém usa um apelido sem o token que papo token add fez para ele
cli-serve-session-rate = Mensagens por segundo que uma sessão pode dizer a longo prazo (padrão: 5)
cli-serve-trust = Rede sem limites por endereço, que também pode repassar, como 10.0.0.0/8; pode ser repetida
cli-serve-classroom = Para uma turma: redes privadas sem limites por endereço, e limites maiores para os outros; não permite repassar
cli-serve-allow-host = Nome pelo qual este hub pode ser alcançado por HTTP; pode ser repetida
cli-serve-allow-origin = Origem cujas páginas podem usar este hub, como https://chat.example; pode ser repetida
cli-serve-json = Escreve onde estão as portas como um objeto JSON na saída padrão
cli-serve-web-dir = Serve os arquivos da página a partir deste diretório, para desenvolvê-los

cli-rendezvous = Roda um registro em que os pares se encontram
cli-rendezvous-example =
    Exemplo:
    {"  "}papo rendezvous --listen 0.0.0.0:5000 --data pares.jsonl

    Cada opção também pode ser uma variável (PAPO_LISTEN=…) ou uma linha do papo.toml (listen = "…" em [rendezvous]).
cli-rendezvous-listen = Endereço em que os pares se registram (padrão: 0.0.0.0:5000)
cli-rendezvous-dialect = Programa cujas respostas imitar: 2025-09 ou 2025-11 (padrão: 2025-09)
cli-rendezvous-max-per-minute = Conexões por minuto de um mesmo endereço (padrão: o do dialeto)
cli-rendezvous-trust = Rede sem limites por endereço, como 10.0.0.0/8; pode ser repetida
cli-rendezvous-data = Arquivo que guarda os registros (padrão: rendezvous-PORTA.jsonl no diretório de dados)
cli-rendezvous-ephemeral = Não guarda arquivo: os registros acabam com este processo
cli-rendezvous-json = Escreve onde escuta como um objeto JSON na saída padrão

cli-peer = Conversa em uma rede de peers, sem servidor no meio
cli-peer-example =
    Exemplo, em dois terminais da mesma máquina:
    {"  "}papo peer alice@CIC --no-rendezvous
    {"  "}papo peer bob@CIC --port 7071 --no-rendezvous --connect 127.0.0.1:7070
    e bob escreve: /msg alice olá

    Em uma rede onde alguém roda papo rendezvous:
    {"  "}papo peer alice@CIC --rendezvous 192.168.0.10:5000

    Cada opção também pode ser uma variável (PAPO_PORT=…; o nome é PAPO_PEER) ou uma linha do papo.toml (port = … em [peer]).
cli-peer-peer = Quem você é, como alice@CIC; sem isso, o terminal pergunta
cli-peer-port = Porta em que outros peers se conectam; 0 usa qualquer uma (padrão: 7070)
cli-peer-bind = Endereço desta máquina em que escutar (padrão: 0.0.0.0, todos)
cli-peer-rendezvous = Servidor que diz quem está presente (padrão: 127.0.0.1:5000)
cli-peer-lease = Por quanto tempo o rendezvous mantém este peer sem notícias dele (padrão: 7200)
cli-peer-no-listen = Só disca, como atrás de um roteador; a porta é registrada mesmo assim
cli-peer-connect = Peer a discar, diga o rendezvous o que disser; pode ser repetida
cli-peer-no-rendezvous = Não consulta rendezvous: só disca para --connect e aceita conexões
cli-peer-identity = Arquivo com a chave que prova quem você é (padrão: um por nome no diretório de estado)
cli-peer-log-file = Escreve o log no fim deste arquivo
cli-peer-plain = Linhas simples na entrada e na saída, também em um terminal
cli-peer-json = Escreve um objeto JSON para cada evento

cli-connect = Conversa em um terminal: nas salas de um hub, ou pela porta de texto TCP dele
cli-connect-example =
    Exemplo:
    {"  "}papo connect http://192.168.0.10:8000 --nick ana --room lobby --room UnB
    {"  "}echo "olá" | papo connect http://192.168.0.10:8000
    {"  "}papo connect 192.168.0.10:4333

    Uma URL quer dizer as salas de um hub: nada se perde quando a conexão cai, e a entrada só termina quando
    tudo está confirmado. O token também pode vir na variável PAPO_TOKEN.
cli-connect-address = URL de um hub, como http://127.0.0.1:8000, ou máquina e porta de uma porta de texto TCP; sem a porta, 4333
cli-connect-nick = Com uma URL: o nome com que você fala (padrão: o nome de login)
cli-connect-room = Com uma URL: sala em que entrar, a primeira para falar; pode ser repetida (padrão: a sala inicial do hub)
cli-connect-token = Com uma URL: o que prova que você pode entrar; outros nesta máquina podem ver, então prefira um arquivo
cli-connect-token-file = Com uma URL: arquivo com o token
cli-connect-json = Escreve um objeto JSON para cada evento

cli-health = Diz se um hub está pronto: código de saída 0 se está, 3 se não está
cli-health-example =
    Exemplo:
    {"  "}papo health http://127.0.0.1:8000
cli-health-url = Endereço da página do hub, como http://127.0.0.1:8000

cli-export = Escreve as mensagens de uma sala na saída padrão, um objeto JSON por linha
cli-export-example =
    Exemplo:
    {"  "}papo export lobby > lobby.jsonl
cli-export-room = A sala
cli-export-data = Pasta do hub (padrão: como em papo serve)
cli-export-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-import = Põe mensagens escritas por papo export no fim das salas de um hub que não está rodando
cli-import-example =
    Exemplo:
    {"  "}papo import lobby.jsonl
    {"  "}papo export lobby | papo import --name outro
cli-import-file = Arquivo com uma mensagem por linha, ou - para a entrada padrão
cli-import-data = Pasta do hub (padrão: como em papo serve)
cli-import-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-backup = Escreve tudo o que um hub guarda em um arquivo novo, esteja ele rodando ou não
cli-backup-example =
    Exemplo:
    {"  "}papo backup salas-segunda.db
cli-backup-file = Arquivo a criar
cli-backup-data = Pasta do hub (padrão: como em papo serve)
cli-backup-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-token = Diz quem pode usar qual apelido em um hub que roda com --require-token
cli-token-example =
    Exemplo:
    {"  "}papo token add ana
    {"  "}papo token list
cli-token-add = Faz um token para um apelido, no lugar do que ele tinha, e o escreve na saída padrão
cli-token-add-example =
    Exemplo:
    {"  "}papo token add ana --days 180
cli-token-add-nick = O apelido
cli-token-add-days = Dias em que ele vale (padrão: para sempre)
cli-token-add-data = Pasta do hub (padrão: como em papo serve)
cli-token-add-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-token-list = Escreve os apelidos que têm token, quando cada um foi feito e quando expira
cli-token-list-example =
    Exemplo:
    {"  "}papo token list --name norte
cli-token-list-data = Pasta do hub (padrão: como em papo serve)
cli-token-list-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-token-remove = Esquece o token de um apelido
cli-token-remove-example =
    Exemplo:
    {"  "}papo token remove ana
cli-token-remove-nick = O apelido
cli-token-remove-data = Pasta do hub (padrão: como em papo serve)
cli-token-remove-name = Nome do hub cuja pasta de costume se quer (padrão: como em papo serve)

cli-completions = Escreve na saída padrão o script de completação de um shell
cli-completions-example =
    Exemplo:
    {"  "}papo completions bash > ~/.local/share/bash-completion/completions/papo
cli-completions-shell = O shell: bash, elvish, fish, powershell ou zsh

cli-man = Escreve as páginas de manual
cli-man-example =
    Exemplo:
    {"  "}papo man --dir ~/.local/share/man/man1
cli-man-dir = Escreve um arquivo por página neste diretório em vez da saída padrão

cli-check = Verifica se um servidor de outro programa faz o que o protocolo pede
cli-check-example =
    Exemplo:
    {"  "}papo check rendezvous 127.0.0.1:5000
cli-check-rendezvous = Verifica um servidor de rendezvous: código de saída 0 se faz o que deve, 5 se não faz
cli-check-rendezvous-example =
    Exemplo:
    {"  "}papo check rendezvous 127.0.0.1:5000
    {"  "}papo check rendezvous 10.0.0.7 --only line-32768
cli-check-rendezvous-address = Máquina e porta do servidor; sem a porta, 5000
cli-check-rendezvous-dialect = Dialeto que o servidor fala: 2025-09 ou 2025-11 (padrão: 2025-09)
cli-check-rendezvous-only = Executa só o caso deste nome, ou os que começam assim
cli-check-rendezvous-json = Escreve um objeto JSON para cada caso

cli-sim = Roda uma rede de nós simulados que um número decide, com falhas, e verifica cada promessa
cli-sim-example =
    Exemplo:
    {"  "}papo sim                                 o que há para simular
    {"  "}papo sim two-peers --trace ways.svg      desenha os caminhos das mensagens
    {"  "}papo sim my.toml --seeds 1..1000         procura uma promessa quebrada: código de saída 5 se houver
cli-sim-scenario = Um arquivo, ou o nome de um cenário embutido; sem ele, esses são listados
cli-sim-seed = Número que decide tudo o que acontece (padrão: 1)
cli-sim-seeds = Roda todas as sementes de A a B, inclusive, até a primeira que quebra uma promessa
cli-sim-nodes = Tantos peers ao todo: aumenta ou diminui o maior grupo deles
cli-sim-json = Escreve um objeto JSON para cada semente
cli-sim-trace = Escreve os caminhos das mensagens em FILE.svg e FILE.txt, e em FILE.json se esse for o nome
cli-sim-compare = Mostra os números ao lado dos que um --json anterior escreveu neste arquivo
cli-sim-keep = Deixa acontecer só uma parte, como diz uma execução que falhou
cli-sim-no-shrink = Não procura uma parte menor que também falhe
